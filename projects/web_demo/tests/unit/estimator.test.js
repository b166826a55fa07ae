import assert from 'node:assert/strict';
import { test } from 'node:test';

import { decode } from '../../src/pose/decoding.js';
import { PoseEstimator } from '../../src/pose/estimator.js';
import { InputError } from '../../src/pose/errors.js';
import { decodeMap, golden } from './golden.js';

/** A runtime whose net always answers the same maps. */
function fakeRuntime(description, maps) {
  const blobs = [];
  const session = {
    run: async (inputs) => {
      blobs.push(inputs[description.input.name]);
      return Object.fromEntries(description.outputs.map((o, i) => [o.name, maps[i]]));
    },
  };
  const ort = {
    Tensor: class {
      constructor(type, data, dims) { Object.assign(this, { type, data, dims }); }
    },
    InferenceSession: { create: async () => session },
  };
  return { ort, blobs };
}

const { description, maps } = golden.decoding[1]; // of a wide input
const read = maps.map(decodeMap);

test('people are found in pixels of the image', async () => {
  const { ort, blobs } = fakeRuntime(description, read);
  const estimator = await PoseEstimator.create(ort, new Uint8Array(), description, 'wasm');
  const [width, height] = [48, 64];
  const image = { width, height, data: new Uint8Array(4 * width * height).fill(200) };
  const { people, times } = await estimator.estimate(image, 0.05);
  const expected = decode(read, description, { ...description.thresholds, score: 0.05 });
  assert.equal(people.length, expected.length);
  // 96 x 64 holds the image unscaled, 24 pixels from the left.
  people.forEach((person, i) => {
    const [x1, y1, x2, y2] = expected[i].box;
    assert.deepEqual(person.box, [x1 - 24, y1, x2 - 24, y2]);
    person.keypoints.forEach((point, k) => {
      const { x, y, score } = expected[i].keypoints[k];
      assert.deepEqual(point, { x: x - 24, y, score });
    });
  });
  assert.deepEqual(blobs.map((blob) => blob.dims), [[1, 3, 64, 96], [1, 3, 64, 96]]);
  assert.ok(times.net >= 0 && times.total >= times.net);
});

test('a net that does not fit its description is refused', async () => {
  const wrong = [{ dims: [1, 1, 1, 1], data: new Float32Array(1) }, ...read.slice(1)];
  for (const answer of [wrong, [undefined, ...read.slice(1)]]) {
    const { ort } = fakeRuntime(description, answer);
    await assert.rejects(
      PoseEstimator.create(ort, new Uint8Array(), description, 'wasm'),
      (error) => error instanceof InputError && /end2end\.onnx: out0/.test(error.message));
  }
});
