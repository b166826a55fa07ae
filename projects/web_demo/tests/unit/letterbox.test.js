import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Letterbox } from '../../src/pose/letterbox.js';
import { decodeBytes, decodeImage, golden, tinyDescription } from './golden.js';

for (const { input, width, height, image, grey, points, points_in_image } of golden.letterbox) {
  const name = `${width} x ${height} into ${input.width} x ${input.height} ${input.color}`;

  test(`the input that Python makes: ${name}`, () => {
    const letterbox = new Letterbox(width, height, input);
    const blob = letterbox.apply({ width, height, data: decodeImage(image) });
    const expected = decodeBytes(grey);
    assert.equal(blob.length, expected.length);
    const perPlane = input.width * input.height;
    blob.forEach((value, i) => {
      const plane = Math.floor(i / perPlane);
      const wanted = (expected[i] - input.mean[plane]) / input.std[plane];
      assert.ok(Math.abs(value - wanted) < 1e-6, `value ${i}: ${value} is not ${wanted}`);
    });
  });

  test(`the way back to the image: ${name}`, () => {
    const letterbox = new Letterbox(width, height, input);
    points.forEach((point, i) => letterbox.toImage(...point).forEach((value, axis) => {
      assert.ok(Math.abs(value - points_in_image[i][axis]) < 1e-3);
    }));
  });
}

test('an image of the size of the input stays as it is', () => {
  const { input } = tinyDescription();
  const data = Uint8Array.from({ length: 4 * 32 * 16 }, (_, i) => (i * 37) % 256);
  const blob = new Letterbox(32, 16, input).apply({ width: 32, height: 16, data });
  blob.forEach((value, i) => {
    const [plane, pixel] = [Math.floor(i / 512), i % 512];
    assert.equal(value, Math.fround(data[4 * pixel + plane] / 255));
  });
});

test('a wide image is padded above and below', () => {
  const { input } = tinyDescription();
  const data = new Uint8Array(4 * 64 * 16).fill(255);
  const blob = new Letterbox(64, 16, input).apply({ width: 64, height: 16, data });
  const column = Array.from({ length: 16 }, (_, y) => Math.round(255 * blob[32 * y + 16]));
  assert.deepEqual(column.slice(0, 3), [114, 114, 114]);
  assert.deepEqual(column.slice(5, 11), Array(6).fill(255));
  assert.deepEqual(column.slice(13), [114, 114, 114]);
});
