/** People from images: letterbox, net, decoding. */
import { decode } from './decoding.js';
import { mapShape } from './description.js';
import { InputError } from './errors.js';
import { Letterbox } from './letterbox.js';

/** @typedef {import('./decoding.js').Person} Person */
/** @typedef {import('./decoding.js').RawMap} RawMap */
/** @typedef {import('./description.js').ModelDescription} ModelDescription */
/** @typedef {import('./letterbox.js').ImageLike} ImageLike */

/**
 * @typedef {object} Times
 * @property {number} net Milliseconds of the net alone.
 * @property {number} total Milliseconds from an image in memory to people.
 */

/** A net that is ready to find people. */
export class PoseEstimator {
  /**
   * Use {@link PoseEstimator.create}.
   *
   * @param {any} ort The module onnxruntime-web.
   * @param {any} session The loaded net.
   * @param {ModelDescription} description The net.
   */
  constructor(ort, session, description) {
    this.ort = ort;
    this.session = session;
    this.description = description;
    this.letterbox = null;
  }

  /**
   * Load a net, and run it once: the first run compiles and is slow.
   *
   * @param {any} ort The module onnxruntime-web.
   * @param {Uint8Array} model Content of the ONNX file.
   * @param {ModelDescription} description The net.
   * @param {string} provider What runs it: `'wasm'` or `'webgpu'`.
   * @returns {Promise<PoseEstimator>} Ready to use.
   * @throws {InputError} Net and description do not belong together.
   */
  static async create(ort, model, description, provider) {
    const session = await ort.InferenceSession.create(model, {
      executionProviders: [provider],
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3, // errors only
    });
    const estimator = new PoseEstimator(ort, session, description);
    await estimator.#checkShapes();
    return estimator;
  }

  async #checkShapes() {
    const { width, height } = this.description.input;
    const maps = await this.#run(new Float32Array(3 * height * width));
    maps.forEach((map, level) => {
      const output = this.description.outputs[level];
      const expected = mapShape(this.description, output);
      if (String(map?.dims) !== String(expected)) {
        throw new InputError(`${this.description.files[0]}: ${output.name} has the shape ` +
          `(${map?.dims}) and by deploy.json (${expected}); export the model again`);
      }
    });
  }

  /**
   * @param {Float32Array} blob Shape (1, 3, height, width).
   * @returns {Promise<RawMap[]>} One per level.
   */
  async #run(blob) {
    const { name, width, height } = this.description.input;
    const input = new this.ort.Tensor('float32', blob, [1, 3, height, width]);
    const maps = await this.session.run({ [name]: input });
    return this.description.outputs.map((output) => maps[output.name]);
  }

  /**
   * Find the people of one image.
   *
   * @param {ImageLike} image The image.
   * @param {number} score People at or below this score are left out.
   * @returns {Promise<{people: Person[], times: Times}>} In pixels of the
   *     image, most certain first.
   */
  async estimate(image, score) {
    const start = performance.now();
    const letterbox = this.#letterboxFor(image);
    const blob = letterbox.apply(image);
    const beforeNet = performance.now();
    const maps = await this.#run(blob);
    const afterNet = performance.now();
    const thresholds = { ...this.description.thresholds, score };
    const people = decode(maps, this.description, thresholds)
      .map((person) => inImage(person, letterbox));
    const times = { net: afterNet - beforeNet, total: performance.now() - start };
    return { people, times };
  }

  /** @param {ImageLike} image An image; those of a camera are of one size. */
  #letterboxFor({ width, height }) {
    if (this.letterbox?.width !== width || this.letterbox?.height !== height) {
      this.letterbox = new Letterbox(width, height, this.description.input);
    }
    return this.letterbox;
  }
}

/**
 * @param {Person} person In pixels of the network input.
 * @param {Letterbox} letterbox Where the image lies in it.
 * @returns {Person} In pixels of the image.
 */
function inImage({ box, score, keypoints }, letterbox) {
  const [x1, y1, x2, y2] = box;
  return {
    box: [...letterbox.toImage(x1, y1), ...letterbox.toImage(x2, y2)],
    score,
    keypoints: keypoints.map((point) => {
      const [x, y] = letterbox.toImage(point.x, point.y);
      return { x, y, score: point.score };
    }),
  };
}
