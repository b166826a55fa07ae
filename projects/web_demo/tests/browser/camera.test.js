import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { assertSamePeople, casePath, cases, launch, openPage, savedPoses, serve, untilReady }
  from './page.js';

/** People from left to right: scores of some are nearly the same. */
function byPlace(people) {
  return people.toSorted((a, b) => a.bbox[0] - b.bbox[0]);
}

let browser;
let server;
before(async () => {
  server = await serve();
  browser = await launch([
    '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
    `--use-file-for-fake-video-capture=${casePath(cases.video.file)}`,
  ]);
});
after(async () => {
  await browser?.close();
  server?.close();
});

test('the camera: people, frame by frame, until it is stopped', async () => {
  const { page, complaints, requests } = await openPage(
    browser, server.url, { permissions: ['camera'] });
  await untilReady(page);
  const atStart = requests.length;
  await page.getByRole('button', { name: 'Use the camera' }).click();
  await page.getByRole('img', { name: /^camera: live/ }).waitFor();
  await page.waitForFunction(() => Number(document.getElementById('rate').textContent) > 0);
  assert.match(await page.locator('#net').textContent(), /^[\d.]+ m?s$/);
  assert.ok(await page.getByLabel('Mirror the camera').isChecked());
  await page.getByLabel('Least score of people').fill(String(cases.video.threshold));

  await page.getByRole('button', { name: 'Stop the camera' }).click();
  await page.getByRole('button', { name: 'Use the camera' }).waitFor();
  assert.equal(await page.locator('#video').evaluate((video) => video.srcObject), null);
  assertSamePeople(byPlace(await savedPoses(page)), byPlace(cases.video.people), 1, 0.02);
  assert.deepEqual(requests.slice(atStart).filter((request) => !request.isData), []);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('frames go on after the camera was stopped and started, in the other runtime too', async () => {
  const { page, complaints } = await openPage(browser, server.url, { permissions: ['camera'] });
  await untilReady(page);
  const rate = page.locator('#rate');
  for (let round = 0; round < 2; round++) {
    await page.getByRole('button', { name: 'Use the camera' }).click();
    await rate.filter({ hasText: /\d/ }).waitFor();
    await page.getByRole('button', { name: 'Stop the camera' }).click();
    await rate.waitFor({ state: 'hidden' });
  }
  await page.getByRole('button', { name: 'Use the camera' }).click();
  await rate.filter({ hasText: /\d/ }).waitFor();
  await page.getByLabel('Compute with').selectOption('wasm');
  await rate.filter({ hasText: '–' }).waitFor();
  await rate.filter({ hasText: /\d/ }).waitFor();
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('a camera that may not be used', async () => {
  const strict = await launch(['--use-fake-device-for-media-stream', '--deny-permission-prompts']);
  try {
    const { page } = await openPage(strict, server.url);
    await untilReady(page);
    await page.getByRole('button', { name: 'Use the camera' }).click();
    const alert = page.getByRole('alert');
    await alert.waitFor();
    assert.match(await alert.textContent(), /^The camera: this page may not use it; allow it/);
    assert.ok(await page.getByRole('button', { name: 'Use the camera' }).isVisible());
  } finally {
    await strict.close();
  }
});
