import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import {
  assertSamePeople, casePath, cases, chooseImage, launch, openPage, save, savedPoses, serve,
  servePlainly, pngSize, untilReady,
} from './page.js';

let browser;
let server;
before(async () => {
  server = await serve();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  server?.close();
});

test('the same people as Python, within a pixel', async (t) => {
  const { page, complaints, requests } = await openPage(browser, server.url);
  await untilReady(page);
  const atStart = requests.length;
  for (const { file, threshold, people } of cases.images) {
    await t.test(file, async () => {
      await chooseImage(page, casePath(file));
      await page.getByLabel('Least score of people').fill(String(threshold));
      const found = await savedPoses(page);
      assertSamePeople(found, people, 1, 0.02);
      assert.equal(await page.locator('#people').textContent(), String(people.length));
      assert.equal(await page.getByRole('list', { name: 'People' }).getByRole('listitem').count(),
        people.length);
    });
  }
  await t.test('nothing leaves the page', () => {
    const later = requests.slice(atStart).filter((request) => !request.isData);
    assert.deepEqual(later, []);
    for (const request of requests.filter((each) => !each.isData)) {
      assert.equal(request.method, 'GET');
      assert.ok(request.url.startsWith(server.url), request.url);
    }
  });
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('the drawing is saved at the size of the image', async () => {
  const { page } = await openPage(browser, server.url);
  await untilReady(page);
  const { file, size } = cases.images[0];
  await chooseImage(page, casePath(file));
  assert.deepEqual(pngSize(await save(page, 'Save image')), size);
  await page.context().close();
});

test('any static server does', async () => {
  const plain = await servePlainly();
  try {
    const { page, complaints } = await openPage(browser, plain.url);
    await untilReady(page);
    assert.equal(await page.locator('#runtime').textContent(), 'WebAssembly, 1 thread');
    const { file, threshold, people } = cases.images[0];
    await chooseImage(page, casePath(file));
    await page.getByLabel('Least score of people').fill(String(threshold));
    assertSamePeople(await savedPoses(page), people, 1, 0.02);
    assert.deepEqual(complaints, []);
    await page.context().close();
  } finally {
    plain.close();
  }
});
