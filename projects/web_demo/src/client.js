/** The page's side of `worker.js`. */

/** @typedef {import('./pose/decoding.js').Person} Person */
/** @typedef {import('./pose/estimator.js').Times} Times */
/** @typedef {import('./pose/description.js').ModelDescription} ModelDescription */

export class EstimatorClient {
  /** @param {(loaded: number, bytes: number) => void} onProgress While it loads. */
  constructor(onProgress) {
    this.nextId = 0;
    this.waiting = new Map();
    /** Why nothing is answered any more; null while the thread lives. */
    this.failure = null;
    this.worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
    this.worker.addEventListener('message', ({ data }) => {
      if (data.id === undefined) onProgress(data.loaded, data.bytes);
      else this.#settle(data);
    });
    this.worker.addEventListener('error', (event) => this.#fail(
      event.message || 'the script of the net cannot be loaded; build the page again'));
  }

  #settle({ id, error, ...result }) {
    const asked = this.waiting.get(id);
    if (!asked) return; // closed meanwhile
    this.waiting.delete(id);
    if (error === undefined) asked.resolve(result);
    else asked.reject(new Error(error));
  }

  /** @param {string} message Why nothing will be answered. */
  #fail(message) {
    this.failure = message;
    for (const { reject } of this.waiting.values()) reject(new Error(message));
    this.waiting.clear();
  }

  /**
   * @param {string} task Name of the task.
   * @param {object} args Its arguments.
   * @param {Transferable[]} transfer Those of them to hand over.
   * @returns {Promise<any>} The answer.
   */
  #ask(task, args, transfer = []) {
    if (this.failure !== null) return Promise.reject(new Error(this.failure));
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, task, ...args }, transfer);
    });
  }

  /**
   * @param {'auto' | 'webgpu' | 'wasm'} provider What is to run the net.
   * @returns {Promise<{provider: string, threads: number,
   *     description: ModelDescription}>} What runs it, and the net.
   */
  load(provider) {
    return this.#ask('load', { provider });
  }

  /**
   * @param {ImageBitmap} image Handed over; the answer hands it back.
   * @param {number} score People at or below this score are left out.
   * @returns {Promise<{people: Person[], times: Times, image: ImageBitmap}>}
   *     In pixels of the image, most certain first.
   */
  estimate(image, score) {
    return this.#ask('estimate', { image, score }, [image]);
  }

  /** End the thread; what is still waiting is rejected. */
  close() {
    this.worker.terminate();
    this.#fail('stopped');
  }
}
