/**
 * From an image to the net's input: the long side is resized, the rest padded
 * evenly. The arithmetic is OpenCV's bilinear warp: positions are rounded to
 * 1/32 pixel, and the mean of four pixels is rounded to a grey value.
 */

/** @typedef {import('./description.js').InputSpec} InputSpec */

// Positions are computed in 1/1024 pixel, then rounded to 1/32.
const POSITION_SCALE = 1024;
const WEIGHTS = 32;
const SHIFT = 5;
const HALF = WEIGHTS * WEIGHTS / 2;
const CHANNELS = 4; // of the image: RGBA

/**
 * Round to the nearest integer, halves to the even one.
 *
 * @param {number} value Any number.
 */
function roundHalfEven(value) {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/**
 * @typedef {object} Taps For each pixel along a side of the input, the two
 *     neighbours that it is mixed of. In a padded line the image's first pixel
 *     has index 1, and 0 and length + 1 are padding.
 * @property {Int32Array} first Index of the first neighbour.
 * @property {Int32Array} second Index of the second neighbour.
 * @property {Int32Array} weight Weight of the second, in 1/32.
 */

/**
 * @param {number} count Pixels of the input along this side.
 * @param {number} length Pixels of the image along this side.
 * @param {number} step Pixels of the image per pixel of the input.
 * @param {number} start Position of the input's first pixel in the image.
 * @returns {Taps} Where the pixels of the input come from.
 */
function makeTaps(count, length, step, start) {
  const taps = {
    first: new Int32Array(count),
    second: new Int32Array(count),
    weight: new Int32Array(count),
  };
  const inPadded = (pixel) => Math.min(Math.max(pixel + 1, 0), length + 1);
  const offset = roundHalfEven(start * POSITION_SCALE);
  for (let i = 0; i < count; i++) {
    const fine = roundHalfEven(step * i * POSITION_SCALE) + offset;
    const position = Math.floor((fine + (1 << (SHIFT - 1))) / WEIGHTS);
    const pixel = Math.floor(position / WEIGHTS);
    taps.first[i] = inPadded(pixel);
    taps.second[i] = inPadded(pixel + 1);
    taps.weight[i] = position - pixel * WEIGHTS;
  }
  return taps;
}

/** A row of the image with a pixel of padding at each end. */
class PaddedRow {
  /**
   * @param {number} width Pixels of the image.
   * @param {number} pad Grey value of the padding.
   */
  constructor(width, pad) {
    this.pixels = new Uint8Array(CHANNELS * (width + 2)).fill(pad);
    this.pad = pad;
    this.row = -1;
  }

  /**
   * @param {ImageLike} image The image.
   * @param {number} row Counted from 1; 0 and height + 1 are padding.
   */
  load(image, row) {
    if (row === this.row) return;
    this.row = row;
    const bytes = CHANNELS * image.width;
    if (row < 1 || row > image.height) {
      this.pixels.fill(this.pad, CHANNELS, CHANNELS + bytes);
    } else {
      const start = bytes * (row - 1);
      this.pixels.set(image.data.subarray(start, start + bytes), CHANNELS);
    }
  }
}

/**
 * @typedef {object} ImageLike What `getImageData` returns.
 * @property {number} width Pixels.
 * @property {number} height Pixels.
 * @property {Uint8ClampedArray | Uint8Array} data RGBA, row by row. Alpha is
 *     ignored.
 */

/** Places images of one size in the net's input. */
export class Letterbox {
  /**
   * @param {number} width Pixels of the image.
   * @param {number} height Pixels of the image.
   * @param {InputSpec} spec The input.
   */
  constructor(width, height, spec) {
    this.width = width;
    this.height = height;
    this.spec = spec;
    const fitted = Math.min(spec.width, spec.height * (width / height));
    this.step = width / fitted;
    this.left = (width - this.step * spec.width) / 2;
    this.top = (height - this.step * spec.height) / 2;
    this.columns = makeTaps(spec.width, width, this.step, this.left);
    this.rows = makeTaps(spec.height, height, this.step, this.top);
    this.tables = makeTables(spec);
  }

  /**
   * Turn a point of the input into a point of the image.
   *
   * @param {number} x In pixels of the input.
   * @param {number} y In pixels of the input.
   * @returns {[number, number]} (x, y) in pixels of the image.
   */
  toImage(x, y) {
    return [x * this.step + this.left, y * this.step + this.top];
  }

  /**
   * Make the net's input.
   *
   * @param {ImageLike} image Of the size that this was made for.
   * @returns {Float32Array} Shape (1, 3, height, width).
   */
  apply(image) {
    const { width, height, pad_value: pad } = this.spec;
    const blob = new Float32Array(3 * height * width);
    let upper = new PaddedRow(this.width, pad);
    let lower = new PaddedRow(this.width, pad);
    for (let y = 0; y < height; y++) {
      const row = this.rows.first[y];
      if (lower.row === row) [upper, lower] = [lower, upper];
      upper.load(image, row);
      lower.load(image, this.rows.second[y]);
      this.#mixRow(blob, y, upper.pixels, lower.pixels);
    }
    return blob;
  }

  /**
   * @param {Float32Array} blob The input; one row of each plane is written.
   * @param {number} y The row.
   * @param {Uint8Array} upper Padded row of the image.
   * @param {Uint8Array} lower The next one.
   */
  #mixRow(blob, y, upper, lower) {
    const { width, height, color } = this.spec;
    const { first, second, weight } = this.columns;
    const [red, green, blue] = this.tables;
    const [redPlane, greenPlane, bluePlane] = color === 'rgb' ? [0, 1, 2] : [2, 1, 0];
    const below = this.rows.weight[y];
    const above = WEIGHTS - below;
    const start = (plane) => (plane * height + y) * width;
    let [r, g, b] = [start(redPlane), start(greenPlane), start(bluePlane)];
    for (let x = 0; x < width; x++) {
      const right = weight[x];
      const left = WEIGHTS - right;
      const p = CHANNELS * first[x];
      const q = CHANNELS * second[x];
      const mix = (channel) => ((upper[p + channel] * left + upper[q + channel] * right) * above +
        (lower[p + channel] * left + lower[q + channel] * right) * below + HALF) >> (2 * SHIFT);
      blob[r++] = red[mix(0)];
      blob[g++] = green[mix(1)];
      blob[b++] = blue[mix(2)];
    }
  }
}

/**
 * @param {InputSpec} spec The input.
 * @returns {Float32Array[]} For red, green and blue, what each of the 256 grey
 *     values becomes in the input: (value - mean) / std.
 */
function makeTables({ mean, std, color }) {
  const channels = color === 'rgb' ? [0, 1, 2] : [2, 1, 0];
  return channels.map((channel) => Float32Array.from({ length: 256 }, (_, value) =>
    Math.fround(value - Math.fround(mean[channel])) / Math.fround(std[channel])));
}
