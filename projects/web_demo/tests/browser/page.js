/**
 * Opens the built page in headless Chromium.
 *
 * The folder WEB_DEMO_CASES, which `tests/test_web_demo.py` writes, holds
 * `cases.json`: what to serve, and what Python finds in which image.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

const FOLDER = process.env.WEB_DEMO_CASES;
const SLOWEST = 120_000; // milliseconds; machines of tests are busy

export const cases = JSON.parse(readFileSync(join(FOLDER, 'cases.json'), 'utf8'));

/** @param {string} name A file of the cases. @returns {string} Its path. */
export function casePath(name) {
  return join(FOLDER, name);
}

/**
 * Start a server, and wait until it says where it listens.
 *
 * @param {string[]} args Of Python.
 * @returns {Promise<{url: string, close: () => void}>} The server.
 */
async function startServer(args) {
  const server = spawn(cases.python, ['-u', ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  const url = await new Promise((resolve, reject) => {
    let text = '';
    server.stdout.on('data', (chunk) => {
      text += chunk;
      const found = /http:\/\/(?:127\.0\.0\.1|0\.0\.0\.0):(\d+)/.exec(text);
      if (found) resolve(`http://127.0.0.1:${found[1]}/`);
    });
    server.on('exit', () => reject(new Error(`no server: ${text}`)));
  });
  return { url, close: () => server.kill() };
}

/** The project's own server. @param {string} [folder] The built page. */
export function serve(folder = cases.dist) {
  return startServer([cases.server, '--port', '0', '--folder', folder]);
}

/** Python's server as it is. */
export function servePlainly() {
  return startServer(['-m', 'http.server', '0', '--bind', '127.0.0.1', '--directory', cases.dist]);
}

/**
 * @param {string[]} args More arguments of the browser.
 * @returns {Promise<import('playwright-core').Browser>} Debian's Chromium.
 */
export function launch(args = []) {
  // As root, as in containers, it has no sandbox of its own.
  return chromium.launch({ executablePath: cases.chromium, args: ['--no-sandbox', ...args] });
}

/**
 * A page, and everything that it says or asks for.
 *
 * @param {import('playwright-core').Browser} browser The browser.
 * @param {string} url Address of the page.
 * @param {object} options Of the browser's context.
 */
export async function openPage(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(SLOWEST);
  const page = await context.newPage();
  const complaints = [];
  const requests = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  context.on('request', (request) => requests.push({
    url: request.url(), method: request.method(), isData: /^(blob|data):/.test(request.url()),
  }));
  await page.goto(url);
  return { page, complaints, requests };
}

/** @param {import('playwright-core').Page} page Waits until its net is loaded. */
export async function untilReady(page) {
  await page.locator('#runtime').filter({ hasText: 'Web' }).waitFor();
  await page.locator('#loading').waitFor({ state: 'hidden' });
}

/**
 * Choose an image file, and wait for its people.
 *
 * @param {import('playwright-core').Page} page The page.
 * @param {string} path The file.
 */
export async function chooseImage(page, path) {
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Choose an image' }).click(),
  ]);
  await chooser.setFiles(path);
  await untilFound(page, path.split('/').pop());
}

/**
 * @param {import('playwright-core').Page} page The page.
 * @param {string} name Name of the image that it shows.
 */
export async function untilFound(page, name) {
  await page.locator('#frame[aria-busy="false"]').waitFor();
  await page.getByRole('img', { name: `${name}: ` }).and(
    page.getByRole('img', { name: /found in/ })).waitFor();
}

/** @param {import('playwright-core').Page} page The page. @returns the poses that it saves. */
export async function savedPoses(page) {
  return JSON.parse(readFileSync(await save(page, 'Save poses'), 'utf8'));
}

/**
 * @param {import('playwright-core').Page} page The page.
 * @param {string} button Name of the button that saves.
 * @returns {Promise<string>} Path of the saved file.
 */
export async function save(page, button) {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button }).click(),
  ]);
  return download.path();
}

/**
 * Fail unless the same people were found, in the same order.
 *
 * @param {any[]} found COCO's results of the page.
 * @param {any[]} expected Those of Python.
 * @param {number} most Pixels that a coordinate may differ by.
 * @param {number} mostScore What a score may differ by.
 */
export function assertSamePeople(found, expected, most, mostScore) {
  assert.equal(found.length, expected.length, 'number of people');
  found.forEach((person, i) => {
    const near = (value, wanted, allowed, what) => assert.ok(
      Math.abs(value - wanted) <= allowed, `${what} of ${i}: ${value} is not ${wanted}`);
    near(person.score, expected[i].score, mostScore, 'score');
    person.bbox.forEach((value, j) => near(value, expected[i].bbox[j], most, `box ${j}`));
    assert.equal(person.keypoints.length, expected[i].keypoints.length);
    person.keypoints.forEach((value, j) => near(
      value, expected[i].keypoints[j], j % 3 === 2 ? mostScore : most, `keypoint value ${j}`));
  });
}

/** @param {string} path A PNG file. @returns {number[]} Its width and height. */
export function pngSize(path) {
  assert.ok(existsSync(path));
  const header = readFileSync(path).subarray(0, 24);
  assert.equal(header.toString('latin1', 1, 4), 'PNG');
  return [header.readUInt32BE(16), header.readUInt32BE(20)];
}
