import assert from 'node:assert/strict';
import { test } from 'node:test';

import { checkDescription, mapShape, numFields } from '../../src/pose/description.js';
import { InputError } from '../../src/pose/errors.js';
import { tinyDescription } from './golden.js';

test('a right one passes', () => {
  const description = tinyDescription();
  assert.equal(checkDescription(description), description);
  assert.equal(numFields(description), 11);
  assert.deepEqual(mapShape(description, description.outputs[0]), [1, 11, 2, 4]);
});

const WRONG = {
  format: (d) => { d.format = 'sasd_mmpose.pose/2'; },
  files: (d) => { d.files = ['end2end.param', 'end2end.bin']; },
  outputs: (d) => { d.outputs[0].anchors = [[10]]; },
  'input.name': (d) => { delete d.input; },
  'input.width': (d) => { d.input.width = 33; },
  'input.height': (d) => { d.input.height = 0; },
  'input.color': (d) => { d.input.color = 'grey'; },
  'input.mean': (d) => { d.input.mean = [0, 0]; },
  'input.std': (d) => { d.input.std = [1, 0, 1]; },
  'input.pad_value': (d) => { d.input.pad_value = 300; },
  keypoints: (d) => { d.keypoints = []; },
  skeleton: (d) => { d.skeleton[0].link = [0, 2]; },
  thresholds: (d) => { d.thresholds.score = null; },
};

for (const [key, spoil] of Object.entries(WRONG)) {
  test(`one line about ${key}`, () => {
    const description = tinyDescription();
    spoil(description);
    assert.throws(() => checkDescription(description, 'x/deploy.json'), (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /^x\/deploy\.json: .*; /);
      assert.ok(error.message.includes(key), error.message);
      assert.ok(!error.message.includes('\n'));
      return true;
    });
  });
}

test('what is no object is named, too', () => {
  for (const content of [null, 3, [], 'text']) {
    assert.throws(() => checkDescription(content), InputError);
  }
});
