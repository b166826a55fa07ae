import assert from 'node:assert/strict';
import { test } from 'node:test';

import { decode, suppress } from '../../src/pose/decoding.js';
import { decodeMap, golden, tinyDescription } from './golden.js';

/** Fail unless two numbers agree to a part in 100,000, or to `most`. */
function assertNear(found, expected, most, what) {
  const allowed = Math.max(most, Math.abs(expected) * 1e-5);
  assert.ok(Math.abs(found - expected) <= allowed, `${what}: ${found} is not ${expected}`);
}

function assertSamePeople(people, expected) {
  assert.equal(people.length, expected.length);
  people.forEach((person, i) => {
    assertNear(person.score, expected[i].score, 1e-5, `score of ${i}`);
    person.box.forEach((value, side) => assertNear(
      value, expected[i].box[side], 2e-3, `side ${side} of the box of ${i}`));
    const flat = person.keypoints.flatMap((point) => [point.x, point.y, point.score]);
    assert.equal(flat.length, expected[i].keypoints.length);
    flat.forEach((value, j) => assertNear(
      value, expected[i].keypoints[j], 2e-4, `keypoint value ${j} of ${i}`));
  });
}

for (const { name, description, maps, found } of golden.decoding) {
  found.forEach(({ thresholds, people }, i) => {
    test(`the people of the Python decoder: ${name}, thresholds ${i}`, () => {
      assertSamePeople(decode(maps.map(decodeMap), description, thresholds), people);
    });
  });

  test(`a higher score only leaves out the last people: ${name}`, () => {
    const read = maps.map(decodeMap);
    const at = (score) => decode(read, description, { ...description.thresholds, score });
    const all = at(0.05);
    for (const score of [0.1, 0.2, 0.4, 0.6]) {
      assert.deepEqual(at(score), all.filter((person) => person.score > score));
    }
    assert.ok(all.length > at(0.6).length);
  });
}

test('one person, by hand', () => {
  const description = tinyDescription();
  const [rows, columns, fields] = [2, 4, 5 + 3 * 2];
  const data = new Float32Array(fields * rows * columns).fill(-9);
  const [x, y] = [3, 1];
  // sigmoid(0) = 0.5, sigmoid(ln 3) = 0.75
  const raw = [0, Math.log(3), 0, Math.log(3), Math.log(3), 0.25, 0.5, 0, 1, -1, -Math.log(3)];
  raw.forEach((value, field) => { data[(field * rows + y) * columns + x] = value; });
  const people = decode([{ data, dims: [1, fields, rows, columns] }], description);
  assertSamePeople(people, [{
    score: 0.75,
    // Centre (2 * 0.5 - 0.5 + 3, 2 * 0.75 - 0.5 + 1) * 8 = (28, 16);
    // size (1 ** 2 * 10, 1.5 ** 2 * 20) = (10, 45).
    box: [23, -6.5, 33, 38.5],
    keypoints: [(0.5 - 0.5 + 3) * 8, (1 - 0.5 + 1) * 8, 0.5,
      (2 - 0.5 + 3) * 8, (-2 - 0.5 + 1) * 8, 0.25],
  }]);
});

test('nobody, and values that are no numbers', () => {
  const description = tinyDescription();
  for (const value of [-99, NaN]) {
    const data = new Float32Array(11 * 2 * 4).fill(value);
    assert.deepEqual(decode([{ data, dims: [1, 11, 2, 4] }], description), []);
  }
});

test('suppression by hand', () => {
  // Overlaps with the first: 0.9 and 0.5; the last two have no area.
  const boxes = [[0, 0, 10, 10], [0, 0, 10, 9], [0, 0, 10, 5],
    [20, 20, 20, 20], [20, 20, 20, 20]];
  assert.deepEqual(suppress(boxes, 0.65, 100), [0, 2, 3, 4]);
  assert.deepEqual(suppress(boxes, 0.45, 100), [0, 3, 4]);
  assert.deepEqual(suppress(boxes, 0.95, 2), [0, 1]);
  assert.deepEqual(suppress([], 0.5, 100), []);
});
