import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  confident, countPeople, describePerson, milliseconds, toCoco,
} from '../../src/results.js';

const PEOPLE = [
  { box: [1, 2, 11.126, 22], score: 0.8123456,
    keypoints: [{ x: 1.23456, y: 2, score: 0.9 }, { x: 3, y: 4, score: 0.3 }] },
  { box: [0, 0, 1, 1], score: 0.3, keypoints: [] },
];

test('COCO results', () => {
  assert.deepEqual(toCoco(PEOPLE.slice(0, 1), 'a.jpg'), [{
    image_id: 0, file_name: 'a.jpg', category_id: 1,
    keypoints: [1.235, 2, 0.9, 3, 4, 0.3], bbox: [1, 2, 10.13, 20], score: 0.81235,
  }]);
  assert.deepEqual(toCoco([], 'a.jpg'), []);
});

test('people must exceed the threshold', () => {
  assert.equal(confident(PEOPLE, 0.29).length, 2);
  assert.equal(confident(PEOPLE, 0.3).length, 1);
  assert.equal(confident(PEOPLE, 0.9).length, 0);
});

test('text', () => {
  assert.deepEqual([0, 1, 2].map(countPeople), ['No people', '1 person', '2 people']);
  assert.equal(describePerson(PEOPLE[0], 0.3), 'score 0.81, 2 of 2 keypoints');
  assert.equal(describePerson(PEOPLE[0], 0.31), 'score 0.81, 1 of 2 keypoints');
  assert.deepEqual([9.94, 10.4, 2345].map(milliseconds), ['9.9 ms', '10 ms', '2.3 s']);
});
