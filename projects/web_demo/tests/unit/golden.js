/** Reads what the Python package found; `tests/python_side.py` writes it. */
import { readFileSync } from 'node:fs';

const FILE = new URL('../golden/golden.json', import.meta.url);

export const golden = JSON.parse(readFileSync(FILE, 'utf8'));

/** @param {string} text Bytes in base 64. @returns {Uint8Array} The bytes. */
export function decodeBytes(text) {
  return Uint8Array.from(Buffer.from(text, 'base64'));
}

/** @param {{dims: number[], data: string}} map Raw map of the file. */
export function decodeMap({ dims, data }) {
  return { dims, data: new Float32Array(decodeBytes(data).buffer) };
}

/** @param {string} text RGB in base 64. @returns {Uint8Array} RGBA. */
export function decodeImage(text) {
  const rgb = decodeBytes(text);
  const rgba = new Uint8Array(rgb.length / 3 * 4);
  for (let i = 0; i < rgb.length / 3; i++) {
    // Alpha must not matter.
    rgba.set([rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2], i % 256], 4 * i);
  }
  return rgba;
}

/** A smaller description than an exported one, for tests of single steps. */
export function tinyDescription() {
  return {
    format: 'sasd_mmpose.pose/1',
    name: 'tiny',
    files: ['end2end.onnx'],
    input: {
      name: 'in0', width: 32, height: 16, color: 'rgb', mean: [0, 0, 0],
      std: [255, 255, 255], pad_value: 114,
    },
    outputs: [{ name: 'out0', stride: 8, anchors: [[10, 20]] }],
    keypoints: [{ name: 'left_hand', color: [1, 2, 3] }, { name: 'nose', color: [4, 5, 6] }],
    skeleton: [{ link: [0, 1], color: [7, 8, 9] }],
    thresholds: { score: 0.3, keypoint: 0.3, nms_iou: 0.65, nms_pre: 100, max_people: 10 },
  };
}
