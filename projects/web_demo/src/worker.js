/**
 * The net, in a thread of its own: the page stays responsive meanwhile.
 *
 * Messages to it are `{ id, task, ...arguments }`, answers `{ id, ...result }` or
 * `{ id, error }`; while it loads, `{ loaded, bytes }` tell how far.
 */
import { checkDescription } from './pose/description.js';
import { InputError } from './pose/errors.js';
import { PoseEstimator } from './pose/estimator.js';

const MOST_THREADS = 4; // more rarely help a net this small

/** @type {PoseEstimator | null} */
let estimator = null;
/** @type {OffscreenCanvas | null} */
let canvas = null;

const TASKS = { load, estimate };

self.addEventListener('message', async ({ data: { id, task, ...args } }) => {
  try {
    const { transfer = [], ...result } = await TASKS[task](args);
    self.postMessage({ id, ...result }, { transfer });
  } catch (error) {
    self.postMessage({ id, error: error?.message ?? String(error) });
  }
});

/**
 * Load the net.
 *
 * @param {{provider: 'auto' | 'webgpu' | 'wasm'}} options What is to run it.
 * @returns {Promise<object>} `provider` that runs it, its `threads`, and the
 *     `description` of the net.
 */
async function load({ provider }) {
  const manifest = await fetchJson('manifest.json');
  const description = checkDescription(
    await fetchJson(`${manifest.model.folder}/deploy.json`), 'deploy.json');
  for (const choice of await providers(provider)) {
    try {
      return { description, ...await start(manifest, description, choice) };
    } catch (error) {
      // A GPU whose driver fails is no reason to show nothing.
      if (provider !== 'auto' || choice === 'wasm') throw error;
    }
  }
  throw new InputError('this browser has no WebGPU; choose WebAssembly');
}

/**
 * @param {'auto' | 'webgpu' | 'wasm'} wanted What the user chose.
 * @returns {Promise<string[]>} What to try, in this order.
 */
async function providers(wanted) {
  const found = wanted === 'wasm' ? [] : await webgpuIfThere(wanted);
  return wanted === 'webgpu' ? found : [...found, 'wasm'];
}

/** @param {'auto' | 'webgpu'} wanted What the user chose. */
async function webgpuIfThere(wanted) {
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  // An adapter that computes on the processor is slower than WebAssembly.
  const isUseful = adapter && (wanted === 'webgpu' || !adapter.info?.isFallbackAdapter);
  return isUseful ? ['webgpu'] : [];
}

/**
 * @param {any} manifest What the build wrote.
 * @param {any} description The net.
 * @param {string} provider `'wasm'` or `'webgpu'`.
 */
async function start(manifest, description, provider) {
  const { module, loader, binary, bytes } = manifest.runtimes[provider];
  const progress = reportProgress(bytes + manifest.model.bytes);
  const [ort, runtime, model] = await Promise.all([
    import(pageUrl(module)),
    fetchBytes(binary, progress),
    fetchBytes(`${manifest.model.folder}/${description.files[0]}`, progress),
  ]);
  const threads = self.crossOriginIsolated
    ? Math.min(MOST_THREADS, navigator.hardwareConcurrency) : 1;
  ort.env.logLevel = 'error';
  ort.env.wasm.wasmBinary = runtime.buffer;
  ort.env.wasm.wasmPaths = { mjs: pageUrl(loader), wasm: pageUrl(binary) };
  ort.env.wasm.numThreads = provider === 'wasm' ? threads : 1;
  estimator = await PoseEstimator.create(ort, model, description, provider);
  return { provider, threads: ort.env.wasm.numThreads };
}

/**
 * Find the people of one image.
 *
 * @param {{image: ImageBitmap, score: number}} args The image, which the answer
 *     hands back, and the least score.
 */
async function estimate({ image, score }) {
  if (!estimator) throw new InputError('the net is not loaded yet; load it first');
  const result = await estimator.estimate(readPixels(image), score);
  return { ...result, image, transfer: [image] };
}

/**
 * @param {ImageBitmap} image An image.
 * @returns {ImageData} Its pixels, on white where they are transparent.
 */
function readPixels(image) {
  const { width, height } = image;
  if (canvas?.width !== width || canvas?.height !== height) {
    canvas = new OffscreenCanvas(width, height);
  }
  const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
  context.fillStyle = 'white';
  context.fillRect(0, 0, width, height);
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, width, height);
}

/** @param {string} path A file of the page. */
function pageUrl(path) {
  return new URL(path, import.meta.url).href;
}

/** @param {string} path A file of the page. */
async function fetchFile(path) {
  const response = await fetch(pageUrl(path)).catch(() => null);
  if (!response?.ok) {
    const why = response ? `the server answered ${response.status}` : 'no answer';
    throw new InputError(`${path}: ${why}; build the page again, and serve the whole folder`);
  }
  return response;
}

/** @param {string} path A json file of the page. */
async function fetchJson(path) {
  return (await fetchFile(path)).json();
}

/**
 * @param {string} path A file of the page.
 * @param {(count: number) => void} progress Told of bytes as they arrive.
 */
async function fetchBytes(path, progress) {
  const chunks = [];
  const reader = (await fetchFile(path)).body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    progress(value.length);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** @param {number} bytes How many there will be. */
function reportProgress(bytes) {
  let loaded = 0;
  return (count) => {
    loaded += count;
    self.postMessage({ loaded, bytes });
  };
}
