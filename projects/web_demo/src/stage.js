/** The part of the page that shows the image with its people. */
import { drawPeople } from './drawing.js';

/** @typedef {import('./pose/decoding.js').Person} Person */
/** @typedef {import('./pose/description.js').ModelDescription} ModelDescription */

/**
 * @typedef {object} Scene What is shown.
 * @property {ImageBitmap} image The image.
 * @property {boolean} mirrored Whether left and right are swapped.
 * @property {Person[]} people In pixels of the image.
 * @property {ModelDescription} description Bones and colours.
 * @property {import('./drawing.js').Look} look How people are drawn.
 */

/**
 * @param {CanvasRenderingContext2D} context Of the size to draw in.
 * @param {Scene} scene What to draw.
 */
function draw(context, { image, mirrored, people, description, look }) {
  const { width, height } = context.canvas;
  context.setTransform(mirrored ? -1 : 1, 0, 0, 1, mirrored ? width : 0, 0);
  context.fillStyle = 'white'; // below what is transparent
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, 0, 0, width, height);
  drawPeople(context, people, description, look, width / image.width);
}

export class Stage {
  /**
   * @param {HTMLElement} frame Takes the shape of the image.
   * @param {HTMLCanvasElement} canvas Fills the frame.
   */
  constructor(frame, canvas) {
    this.frame = frame;
    this.canvas = canvas;
    /** @type {Scene | null} */
    this.scene = null;
    new ResizeObserver(() => this.#redraw()).observe(canvas);
  }

  /** @param {Scene} scene What to show from now on. */
  show(scene) {
    this.scene = scene;
    const { width, height } = scene.image;
    this.frame.style.setProperty('--ratio', `${width / height}`);
    this.#redraw();
  }

  #redraw() {
    if (!this.scene || !this.canvas.clientWidth) return;
    // As fine as the screen: lines are smooth on small images, too.
    const width = Math.round(this.canvas.clientWidth * devicePixelRatio);
    const height = Math.round(this.canvas.clientHeight * devicePixelRatio);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    draw(this.canvas.getContext('2d'), this.scene);
  }

  /** @returns {Promise<Blob>} What is shown, at the size of the image, as PNG. */
  toPng() {
    const canvas = document.createElement('canvas');
    canvas.width = this.scene.image.width;
    canvas.height = this.scene.image.height;
    draw(canvas.getContext('2d'), this.scene);
    return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
  }
}
