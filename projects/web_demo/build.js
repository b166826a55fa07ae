/**
 * Build the page: `node build.js [--model DIR] [--out DIR]`.
 *
 * The folder that it writes needs no server code. DIR is a folder that was
 * exported for onnxruntime; without it, the published net is taken.
 */
import {
  cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { checkDescription } from './src/pose/description.js';
import { InputError } from './src/pose/errors.js';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = resolve(HERE, '..', '..');
const ORT = join(HERE, 'node_modules', 'onnxruntime-web', 'dist');
// How the net is run -> the module to import, and the WebAssembly that it loads.
const RUNTIMES = {
  wasm: { module: 'ort.wasm.min.mjs', loader: 'ort-wasm-simd-threaded' },
  webgpu: { module: 'ort.webgpu.min.mjs', loader: 'ort-wasm-simd-threaded.asyncify' },
};

/**
 * Find the published net; of several, the first, as the Python package does.
 *
 * @returns {string} Its folder for onnxruntime.
 */
function publishedModel() {
  const weights = join(ROOT, 'weights');
  const folders = readdirSync(weights).sort().map((name) => join(weights, name, 'onnx'));
  const folder = folders.find((each) => existsSync(join(each, 'deploy.json')));
  if (!folder) {
    throw new InputError(`${weights}: no net with a folder "onnx"; name one with --model`);
  }
  return folder;
}

/**
 * Read the description of a model folder, and check it and its files.
 *
 * @param {string} folder The folder.
 */
function readDescription(folder) {
  const path = join(folder, 'deploy.json');
  if (!existsSync(path)) {
    throw new InputError(`${path}: not there; name a folder that was exported for onnxruntime`);
  }
  let content;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new InputError(`${path}: not json (${error.message}); export the model again`);
  }
  const description = checkDescription(content, path);
  for (const name of description.files) {
    if (!existsSync(join(folder, name))) {
      throw new InputError(`${folder}: lacks ${name}, which its deploy.json names; ` +
        'export it again');
    }
  }
  return description;
}

/**
 * Copy the net, with its model card where it has one.
 *
 * @param {string} folder Folder of the net.
 * @param {string} out The built page.
 * @returns {{folder: string, bytes: number}} For the manifest.
 */
function copyModel(folder, out) {
  const { files } = readDescription(folder);
  const target = join(out, 'model');
  for (const name of ['deploy.json', ...files]) cpSync(join(folder, name), join(target, name));
  const card = join(folder, '..', 'model.json');
  if (existsSync(card)) cpSync(card, join(target, 'model.json'));
  return { folder: 'model', bytes: statSync(join(folder, files[0])).size };
}

/**
 * Copy what runs the net.
 *
 * @param {string} out The built page.
 * @returns {Record<string, object>} For the manifest.
 */
function copyRuntimes(out) {
  if (!existsSync(ORT)) {
    throw new InputError('onnxruntime-web is not installed; run npm ci in projects/web_demo');
  }
  mkdirSync(join(out, 'vendor'));
  return Object.fromEntries(Object.entries(RUNTIMES).map(([name, { module, loader }]) => {
    const binary = `vendor/${loader}.wasm`;
    cpSync(join(ORT, `${loader}.wasm`), join(out, binary));
    return [name, {
      module: copyScript(module, out),
      loader: copyScript(`${loader}.mjs`, out),
      binary,
      bytes: statSync(join(out, binary)).size,
    }];
  }));
}

/**
 * Copy a module of onnxruntime-web as `.js`: many servers do not know `.mjs`.
 *
 * @param {string} name Its file.
 * @param {string} out The built page.
 * @returns {string} Its path in the page.
 */
function copyScript(name, out) {
  const path = `vendor/${name.replace(/\.mjs$/, '.js')}`;
  // Without the reference to a source map, which is not copied.
  const script = readFileSync(join(ORT, name), 'utf8').replace(/\n\/\/# sourceMappingURL=.*/, '');
  writeFileSync(join(out, path), script);
  return path;
}

/** @param {string} out The built page. */
function copyLicenses(out) {
  const texts = {
    'sasd_mmpose.txt': join(ROOT, 'LICENSE'),
    'onnxruntime.txt': join(HERE, 'licenses', 'onnxruntime', 'LICENSE.txt'),
    'onnxruntime_third_party.txt': join(
      HERE, 'licenses', 'onnxruntime', 'ThirdPartyNotices.txt'),
  };
  for (const [name, path] of Object.entries(texts)) cpSync(path, join(out, 'licenses', name));
}

function main() {
  const { values } = parseArgs({
    options: { model: { type: 'string' }, out: { type: 'string', default: join(HERE, 'dist') } },
  });
  const out = resolve(values.out);
  if (existsSync(out) && !existsSync(join(out, 'manifest.json')) && readdirSync(out).length) {
    throw new InputError(`${out}: holds other things than a built page; name an empty folder`);
  }
  const model = values.model ? resolve(values.model) : publishedModel();
  rmSync(out, { recursive: true, force: true });
  cpSync(join(HERE, 'src'), out, { recursive: true });
  const manifest = { model: copyModel(model, out), runtimes: copyRuntimes(out) };
  copyLicenses(out);
  writeFileSync(join(out, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`);
  console.log(`${relative(process.cwd(), out) || '.'}: built with ` +
    `${relative(process.cwd(), model) || '.'}; any static server can serve it`);
}

try {
  main();
} catch (error) {
  const isExpected = error instanceof InputError || error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION';
  console.error(isExpected ? `error: ${error.message}` : error);
  process.exitCode = 1;
}
