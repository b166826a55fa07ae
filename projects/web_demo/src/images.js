/** Image files as the page takes them. */
import { InputError } from './pose/errors.js';

// What canvases hold in every current browser.
const MOST_PIXELS = 64e6;
const LONGEST_SIDE = 16384;

/**
 * Decode an image file twice: to show, and for the net.
 *
 * @param {Blob} file Of any kind that the browser knows. The orientation in
 *     its EXIF data is applied.
 * @param {string} name What to call it in messages.
 * @returns {Promise<{shown: ImageBitmap, input: ImageBitmap}>} The image, and
 *     the same with its colours as they stand in the file, as OpenCV reads it.
 * @throws {InputError} It cannot be used.
 */
export async function readImage(file, name) {
  let shown;
  try {
    shown = await createImageBitmap(file);
  } catch {
    throw new InputError(`${name}: not an image that this browser can decode; ` +
      'use a JPEG, PNG or WebP file');
  }
  const { width, height } = shown;
  if (width * height > MOST_PIXELS || Math.max(width, height) > LONGEST_SIDE) {
    throw new InputError(`${name}: ${width} x ${height} pixels are more than a browser ` +
      'draws; make it smaller');
  }
  const asItStands = { colorSpaceConversion: 'none', premultiplyAlpha: 'none' };
  return { shown, input: await createImageBitmap(file, asItStands) };
}

/**
 * @param {DataTransfer} transfer What was dropped or pasted.
 * @returns {File | undefined} Its first file.
 */
export function firstFile(transfer) {
  return [...transfer.files][0];
}
