import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  assertSamePeople, casePath, cases, launch, openPage, savedPoses, serve, untilReady,
} from './page.js';

// A GPU in software is slow: the net takes half a minute on one free core.
const SLOWEST = 700_000;

test('WebGPU finds the same people', { timeout: 2 * SLOWEST }, async () => {
  const server = await serve();
  const browser = await launch(['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader']);
  try {
    const { page, complaints } = await openPage(browser, server.url);
    page.setDefaultTimeout(SLOWEST);
    await untilReady(page);
    const runtime = page.locator('#runtime');
    assert.match(await runtime.textContent(), /^WebAssembly/, 'software is no useful GPU');
    await page.getByLabel('Compute with').selectOption('webgpu');
    await runtime.filter({ hasText: 'WebGPU' }).waitFor();
    const { file, threshold, people } = cases.images[0];
    await page.locator('#file').setInputFiles(casePath(file));
    await page.getByRole('img', { name: /found in/ }).waitFor();
    await page.getByLabel('Least score of people').fill(String(threshold));
    assertSamePeople(await savedPoses(page), people, 1, 0.02);
    assert.deepEqual(complaints, []);
  } finally {
    await browser.close();
    server.close();
  }
});
