/** From raw maps to people: decoding and suppression. */
import { numFields } from './description.js';

/** @typedef {import('./description.js').ModelDescription} ModelDescription */
/** @typedef {import('./description.js').Thresholds} Thresholds */

/**
 * @typedef {object} RawMap A raw map of the net.
 * @property {Float32Array} data The values, row by row.
 * @property {readonly number[]} dims Shape (1, A (5 + 3 K), rows, columns).
 */

/**
 * @typedef {object} Person
 * @property {number[]} box Corners (x1, y1, x2, y2), in pixels.
 * @property {number} score How sure the net is that this is a person, in [0, 1].
 * @property {{x: number, y: number, score: number}[]} keypoints The K
 *     keypoints, in pixels; scores in [0, 1].
 */

/**
 * @typedef {object} Candidate A prediction that may be a person.
 * @property {number} level Index of its map.
 * @property {number} anchor Index of its anchor.
 * @property {number} x Column of its cell.
 * @property {number} y Row of its cell.
 * @property {number} logit Objectness, before the sigmoid.
 */

// Fields of a prediction: x, y, w, h, objectness, then x, y, confidence of
// each keypoint.
const OBJECTNESS = 4;
const FIRST_KEYPOINT = 5;

/** @param {number} x Any number. */
export function sigmoid(x) {
  return 1 / (1 + Math.exp(-x));
}

/**
 * Find the people in raw maps.
 *
 * Only what can be a person by its objectness is decoded, and keypoints only
 * of what survives suppression. A lower `score` only appends people: the first
 * ones stay the same.
 *
 * @param {RawMap[]} maps Per level, as the description lists them.
 * @param {ModelDescription} description The net.
 * @param {Thresholds} [thresholds] Instead of the description's.
 * @returns {Person[]} In pixels of the network input, most certain first.
 */
export function decode(maps, description, thresholds = description.thresholds) {
  const predictions = maps.map((map, level) => new LevelReader(map, level, description));
  const candidates = predictions.flatMap((level) => level.candidates(thresholds.score));
  candidates.sort((a, b) => b.logit - a.logit);
  const best = candidates.slice(0, thresholds.nms_pre);
  const boxes = best.map((at) => predictions[at.level].box(at));
  return suppress(boxes, thresholds.nms_iou, thresholds.max_people).map((i) => ({
    box: boxes[i],
    score: sigmoid(best[i].logit),
    keypoints: predictions[best[i].level].keypoints(best[i]),
  }));
}

/** Reads the predictions of one map. */
class LevelReader {
  /**
   * @param {RawMap} map The map.
   * @param {number} level Its index.
   * @param {ModelDescription} description The net.
   */
  constructor(map, level, description) {
    [, , this.height, this.width] = map.dims;
    this.data = map.data;
    this.level = level;
    this.output = description.outputs[level];
    this.numFields = numFields(description);
    this.numKeypoints = description.keypoints.length;
  }

  /**
   * @param {Candidate} at A prediction.
   * @param {number} field Which of its fields.
   * @returns {number} Its raw value.
   */
  raw(at, field) {
    const channel = at.anchor * this.numFields + field;
    return this.data[(channel * this.height + at.y) * this.width + at.x];
  }

  /**
   * @param {number} score Least score, exclusive.
   * @returns {Candidate[]} By anchor, row and column.
   */
  candidates(score) {
    // Compared before the sigmoid, which saves most of the exponentials.
    const least = Math.log(score / (1 - score));
    const { level, width } = this;
    const cells = width * this.height;
    const found = [];
    for (let anchor = 0; anchor < this.output.anchors.length; anchor++) {
      const start = (anchor * this.numFields + OBJECTNESS) * cells;
      for (let cell = 0; cell < cells; cell++) {
        const logit = this.data[start + cell];
        if (!(logit > least)) continue;
        const y = Math.floor(cell / width);
        found.push({ level, anchor, x: cell - y * width, y, logit });
      }
    }
    return found;
  }

  /**
   * @param {Candidate} at A prediction.
   * @returns {number[]} Corners (x1, y1, x2, y2), in pixels.
   */
  box(at) {
    const { stride, anchors } = this.output;
    const [width, height] = anchors[at.anchor];
    const center = (field, cell) => (2 * sigmoid(this.raw(at, field)) - 0.5 + cell) * stride;
    const half = (field, side) => 2 * sigmoid(this.raw(at, field)) ** 2 * side;
    const [x, y] = [center(0, at.x), center(1, at.y)];
    const [w, h] = [half(2, width), half(3, height)];
    return [x - w, y - h, x + w, y + h];
  }

  /** @param {Candidate} at A prediction. */
  keypoints(at) {
    const { stride } = this.output;
    const position = (field, cell) => (2 * this.raw(at, field) - 0.5 + cell) * stride;
    return Array.from({ length: this.numKeypoints }, (_, k) => {
      const field = FIRST_KEYPOINT + 3 * k;
      return {
        x: position(field, at.x),
        y: position(field + 1, at.y),
        score: sigmoid(this.raw(at, field + 2)),
      };
    });
  }
}

/** @param {number[]} box Corners. */
function area([x1, y1, x2, y2]) {
  return (x2 - x1) * (y2 - y1);
}

/**
 * @param {number[]} a Corners.
 * @param {number[]} b Corners.
 * @returns {number} Area that both cover.
 */
function intersection(a, b) {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  return Math.max(width, 0) * Math.max(height, 0);
}

/**
 * Suppress boxes that overlap a better one.
 *
 * @param {number[][]} boxes Corners, best first.
 * @param {number} iouThreshold Overlap above which a box is suppressed.
 * @param {number} most Stop at so many.
 * @returns {number[]} Indices of the boxes that stay, best first.
 */
export function suppress(boxes, iouThreshold, most) {
  const kept = [];
  for (let i = 0; i < boxes.length && kept.length < most; i++) {
    const hidden = kept.some((better) => {
      const shared = intersection(boxes[better], boxes[i]);
      const union = area(boxes[better]) + area(boxes[i]) - shared;
      // Not as a quotient: two boxes without area are no duplicates.
      return shared > iouThreshold * union;
    });
    if (!hidden) kept.push(i);
  }
  return kept;
}
