/**
 * `deploy.json`: what a program must know of a net beside its weights.
 * docs/deploy.md describes the format.
 */
import { InputError } from './errors.js';

export const FORMAT = 'sasd_mmpose.pose/1';

/**
 * @typedef {object} InputSpec
 * @property {string} name Name of the blob, of shape (1, 3, height, width).
 * @property {number} width Pixels.
 * @property {number} height Pixels.
 * @property {'rgb' | 'bgr'} color Order of the channels.
 * @property {number[]} mean Subtracted from each channel, in this order.
 * @property {number[]} std Each channel is divided by it afterwards.
 * @property {number} pad_value Grey value around the image.
 */

/**
 * @typedef {object} OutputSpec A raw map: one level of the net.
 * @property {string} name Name of the blob.
 * @property {number} stride Pixels of the network input per cell.
 * @property {number[][]} anchors A pairs of width and height, in pixels of
 *     the network input.
 */

/**
 * @typedef {object} Thresholds
 * @property {number} score People at or below it are left out.
 * @property {number} keypoint Keypoints below it are not drawn.
 * @property {number} nms_iou A box that overlaps a better one by more is the
 *     same person.
 * @property {number} nms_pre So many candidates at most enter suppression.
 * @property {number} max_people So many people at most leave it.
 */

/**
 * @typedef {object} ModelDescription
 * @property {string} name Name of the model.
 * @property {string[]} files Names of its files.
 * @property {InputSpec} input The input.
 * @property {OutputSpec[]} outputs The raw maps, finest first.
 * @property {{name: string, color: number[]}[]} keypoints The K keypoints,
 *     and (r, g, b) to draw them in.
 * @property {{link: number[], color: number[]}[]} skeleton The bones: the
 *     numbers of their two keypoints, and (r, g, b).
 * @property {Thresholds} thresholds What counts as found.
 */

/**
 * Check the content of a `deploy.json`.
 *
 * @param {any} content Parsed json.
 * @param {string} [file] What to call the file in messages.
 * @returns {ModelDescription} The same content.
 * @throws {InputError} It describes no net that this page can run.
 */
export function checkDescription(content, file = 'deploy.json') {
  if (content?.format !== FORMAT) {
    throw new InputError(`${file}: its "format" is not "${FORMAT}"; build the page ` +
      'with a model folder that this version of the project exported');
  }
  for (const [key, right] of Object.entries(checks(content))) {
    if (!right()) {
      throw new InputError(`${file}: the value of ${key} is missing or not usable; ` +
        'export the model again for onnxruntime');
    }
  }
  return content;
}

/**
 * @param {any} d Parsed json.
 * @returns {Record<string, () => boolean>} Of each key, whether it is right.
 */
function checks(d) {
  const { input, outputs, keypoints, skeleton, thresholds } = d;
  const divisor = () => Math.max(...outputs.map((output) => output.stride));
  const isSide = (side) => side > 0 && side % divisor() === 0;
  return {
    files: () => d.files?.length === 1 && d.files[0].endsWith('.onnx'),
    outputs: () => outputs?.length > 0 && outputs.every(isOutput),
    'input.name': () => typeof input?.name === 'string',
    'input.width': () => isSide(input.width),
    'input.height': () => isSide(input.height),
    'input.color': () => ['rgb', 'bgr'].includes(input.color),
    'input.mean': () => areNumbers(input.mean, 3),
    'input.std': () => areNumbers(input.std, 3) && Math.min(...input.std) > 0,
    'input.pad_value': () => input.pad_value >= 0 && input.pad_value <= 255,
    keypoints: () => keypoints?.length > 0 &&
      keypoints.every((keypoint) => areNumbers(keypoint.color, 3)),
    skeleton: () => Array.isArray(skeleton) && skeleton.every(
      (bone) => areNumbers(bone.link, 2) && areNumbers(bone.color, 3) &&
        bone.link.every((end) => end in keypoints)),
    thresholds: () => areNumbers([thresholds?.score, thresholds?.keypoint,
      thresholds?.nms_iou, thresholds?.nms_pre, thresholds?.max_people], 5),
  };
}

/** @param {any} output Perhaps an {@link OutputSpec}. */
function isOutput(output) {
  return typeof output.name === 'string' && output.stride > 0 &&
    output.anchors?.length > 0 &&
    output.anchors.every((anchor) => areNumbers(anchor, 2));
}

/**
 * @param {any} values Perhaps a list of finite numbers.
 * @param {number} count How many there must be.
 */
function areNumbers(values, count) {
  return values?.length === count && values.every(Number.isFinite);
}

/**
 * @param {ModelDescription} description The net.
 * @returns {number} Fields of a prediction: 5 + 3 K.
 */
export function numFields(description) {
  return 5 + 3 * description.keypoints.length;
}

/**
 * @param {ModelDescription} description The net.
 * @param {OutputSpec} output A level of it.
 * @returns {number[]} Shape of its raw map: (1, A (5 + 3 K), rows, columns).
 */
export function mapShape(description, output) {
  const { width, height } = description.input;
  return [1, output.anchors.length * numFields(description),
    height / output.stride, width / output.stride];
}
