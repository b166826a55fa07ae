import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import {
  casePath, cases, chooseImage, launch, openPage, serve, untilFound, untilReady,
} from './page.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const [IMAGE] = cases.images;

let browser;
let server;
// One page for most tests, one after the other: to load the net takes long.
let page;
let complaints;
before(async () => {
  server = await serve();
  browser = await launch();
  ({ page, complaints } = await openPage(browser, server.url));
  await untilReady(page);
});
after(async () => {
  await browser?.close();
  server?.close();
});

/** Hand a file over as a browser does when it is dropped or pasted. */
async function give(page, event, path, name, type) {
  const bytes = readFileSync(path).toString('base64');
  await page.evaluate(async ([kind, base64, fileName, fileType]) => {
    const content = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([content], fileName, { type: fileType }));
    const Kind = kind === 'drop' ? DragEvent : ClipboardEvent;
    const field = kind === 'drop' ? 'dataTransfer' : 'clipboardData';
    window.dispatchEvent(new Kind(kind, { [field]: transfer, cancelable: true }));
  }, [event, bytes, name, type]);
}

/** Fail where axe finds a barrier, in light or in dark. */
async function assertNoBarrier() {
  await page.evaluate(AXE);
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)]), []);
  }
  await page.emulateMedia({ colorScheme: null });
}

function isTooWide() {
  return page.evaluate(
    () => document.documentElement.scrollWidth > document.documentElement.clientWidth);
}

test('no barrier that axe knows of, before the first image', assertNoBarrier);

test('the keyboard alone', async () => {
  const reached = [];
  for (let i = 0; i < 7; i++) {
    await page.keyboard.press('Tab');
    reached.push(await page.evaluate(() => document.activeElement.id));
  }
  assert.deepEqual(
    reached, ['choose', 'camera', 'example', 'score', 'keypoint', 'boxes', 'provider']);

  await page.getByRole('button', { name: 'Try a drawn example' }).focus();
  await page.keyboard.press('Enter');
  await untilFound(page, 'drawn_people.jpg');
  const status = page.getByRole('status');
  const first = await status.textContent();
  assert.match(first, /^\d+ (people|person) found in /);
  await page.getByLabel('Least score of people').focus();
  await page.keyboard.press('End');
  assert.equal(await page.locator('#score-value').textContent(), '0.95');
  assert.match(await status.textContent(), /^No people found in /);
  await page.keyboard.press('Home');
  assert.ok(parseInt(await status.textContent(), 10) >= parseInt(first, 10));
});

test('an image that is dropped, and one that is pasted', async () => {
  for (const event of ['drop', 'paste']) {
    await give(page, event, casePath(IMAGE.file), `${event}.img`, 'image/png');
    await untilFound(page, `${event}.img`);
    assert.notEqual(await page.locator('#people').textContent(), '0');
  }
});

test('keypoints and boxes follow their controls', async () => {
  await chooseImage(page, casePath(IMAGE.file));
  const canvas = page.getByRole('img', { name: IMAGE.file });
  const look = () => canvas.evaluate((element) => element.toDataURL());
  const plain = await look();
  await page.getByLabel('Draw boxes, too').check();
  assert.notEqual(await look(), plain);
  await page.getByLabel('Draw boxes, too').uncheck();
  assert.equal(await look(), plain);
  await page.getByLabel('Least score of keypoints').fill('0.95');
  assert.notEqual(await look(), plain);
});

test('no barrier that axe knows of, with a result', async () => {
  await page.getByText('About this net').click();
  await assertNoBarrier();
});

test('a small screen shows everything without scrolling sideways', async () => {
  const { width, height } = page.viewportSize();
  await page.setViewportSize({ width: 340, height: 700 });
  assert.equal(await isTooWide(), false);
  const canvas = await page.locator('#canvas').boundingBox();
  assert.ok(canvas.width > 250, `the image is ${canvas.width} pixels wide`);
  await page.setViewportSize({ width, height });
});

test('what is no image gets one line, and the page goes on', async () => {
  await give(page, 'drop', casePath('cases.json'), 'notes.txt', 'text/plain');
  const alert = page.getByRole('alert');
  await alert.waitFor();
  assert.match(await alert.textContent(), /^notes\.txt: not an image .*; use a JPEG/);
  await assertNoBarrier();
  await chooseImage(page, casePath(IMAGE.file));
  assert.ok(await alert.isHidden());
});

test('a runtime that is not there gets one line, and the next finds people again', async () => {
  const people = page.locator('#people');
  const first = await people.textContent();
  await page.getByLabel('Compute with').selectOption('webgpu');
  await page.getByRole('alert').filter({ hasText: 'no WebGPU; choose WebAssembly' }).waitFor();
  assert.equal(await people.textContent(), '–');
  await page.getByLabel('Compute with').selectOption('wasm');
  await people.filter({ hasText: /\d/ }).waitFor();
  assert.equal(await people.textContent(), first);
  assert.ok(await page.getByRole('alert').isHidden());
});

test('nothing was said on the console', () => {
  assert.deepEqual(complaints, []);
});

test('an image that is chosen before the net is there waits for it', async () => {
  const early = await openPage(browser, server.url);
  await chooseImage(early.page, casePath(IMAGE.file));
  assert.notEqual(await early.page.locator('#people').textContent(), '0');
  assert.deepEqual(early.complaints, []);
  await early.page.context().close();
});

for (const [name, spoil, message] of [
  ['a net that is missing', (dist) => rmSync(join(dist, 'model', 'end2end.onnx')),
    /model\/end2end\.onnx: the server answered 404; build the page again/],
  ['a description of another format',
    (dist) => writeFileSync(join(dist, 'model', 'deploy.json'), '{}'),
    /deploy\.json: its "format" is not/],
]) {
  test(`${name} gets one line`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'web_demo_'));
    cpSync(cases.dist, folder, { recursive: true });
    spoil(folder);
    const broken = await serve(folder);
    try {
      const opened = await openPage(browser, broken.url);
      const alert = opened.page.getByRole('alert');
      await alert.waitFor();
      assert.match(await alert.textContent(), message);
      assert.ok(!(await alert.textContent()).includes('\n'));
      await opened.page.context().close();
    } finally {
      broken.close();
      rmSync(folder, { recursive: true });
    }
  });
}
