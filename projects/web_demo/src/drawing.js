/** Skeletons over images. */

/** @typedef {import('./pose/decoding.js').Person} Person */
/** @typedef {import('./pose/description.js').ModelDescription} ModelDescription */

const OUTLINE = 'rgb(27 27 31)';
const RIM = 'white';
// A person whose box has this side, in pixels, gets lines one pixel thick.
const SIDE_PER_THICKNESS = 55;

/**
 * @typedef {object} Look
 * @property {number} keypoint Keypoints below this score are not drawn.
 * @property {boolean} boxes Whether boxes are drawn, too.
 */

/**
 * Draw people; larger ones over smaller ones.
 *
 * @param {CanvasRenderingContext2D} context Where to, in pixels of the canvas.
 * @param {Person[]} people In pixels of the image.
 * @param {ModelDescription} description Bones and colours.
 * @param {Look} look How.
 * @param {number} scale Pixels of the canvas per pixel of the image.
 */
export function drawPeople(context, people, description, look, scale) {
  const scaled = people.map((person) => scalePerson(person, scale));
  scaled.sort((a, b) => side(a) - side(b));
  context.save();
  context.lineCap = 'round';
  for (const person of scaled) {
    const thickness = Math.max(1.5, side(person) / SIDE_PER_THICKNESS);
    if (look.boxes) drawBox(context, person, thickness);
    drawSkeleton(context, person, description, look.keypoint, thickness);
  }
  context.restore();
}

/**
 * @param {Person} person In pixels of the image.
 * @param {number} scale Pixels of the canvas per pixel of the image.
 * @returns {Person} In pixels of the canvas.
 */
function scalePerson({ box, score, keypoints }, scale) {
  return {
    box: box.map((value) => value * scale),
    score,
    keypoints: keypoints.map((point) => ({
      x: point.x * scale, y: point.y * scale, score: point.score,
    })),
  };
}

/** @param {Person} person A person; @returns the side of a square as large. */
function side({ box: [x1, y1, x2, y2] }) {
  return Math.sqrt(Math.max(0, x2 - x1) * Math.max(0, y2 - y1));
}

function drawBox(context, { box: [x1, y1, x2, y2] }, thickness) {
  for (const [color, width] of [[OUTLINE, thickness], [RIM, thickness / 2]]) {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.strokeRect(x1, y1, x2 - x1, y2 - y1);
  }
}

function drawSkeleton(context, { keypoints }, description, threshold, thickness) {
  const isShown = (point) => point.score >= threshold;
  const bones = description.skeleton
    .map(({ link: [from, to], color }) => ({ from: keypoints[from], to: keypoints[to], color }))
    .filter(({ from, to }) => isShown(from) && isShown(to));
  const rim = Math.max(1, thickness / 4);
  for (const { from, to } of bones) drawLine(context, from, to, thickness + 2 * rim, OUTLINE);
  for (const { from, to, color } of bones) drawLine(context, from, to, thickness, rgb(color));
  const radius = 0.9 * thickness + 0.6;
  keypoints.forEach((point, k) => {
    if (!isShown(point)) return;
    drawDisc(context, point, radius + 0.8, RIM);
    drawDisc(context, point, radius, rgb(description.keypoints[k].color));
  });
}

function drawLine(context, from, to, width, color) {
  context.strokeStyle = color;
  context.lineWidth = width;
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.lineTo(to.x, to.y);
  context.stroke();
}

function drawDisc(context, { x, y }, radius, color) {
  context.fillStyle = color;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

/** @param {number[]} color (r, g, b). @returns {string} The same in CSS. */
export function rgb([r, g, b]) {
  return `rgb(${r} ${g} ${b})`;
}
