/** People as text and as COCO's results. */

/** @typedef {import('./pose/decoding.js').Person} Person */

const PERSON = 1; // COCO's category

/**
 * @param {number} value Any number.
 * @param {number} digits After the point.
 */
function round(value, digits) {
  return Number(value.toFixed(digits));
}

/**
 * @param {Person[]} people In pixels of the image.
 * @param {string} fileName Name of the image.
 * @returns {object[]} COCO's list of results, as `predictions.json` holds it.
 */
export function toCoco(people, fileName) {
  return people.map(({ box: [x1, y1, x2, y2], score, keypoints }) => ({
    image_id: 0,
    file_name: fileName,
    category_id: PERSON,
    keypoints: keypoints.flatMap((point) => [point.x, point.y, point.score])
      .map((value) => round(value, 3)),
    bbox: [x1, y1, x2 - x1, y2 - y1].map((value) => round(value, 2)),
    score: round(score, 5),
  }));
}

/**
 * @param {Person[]} people Those found.
 * @param {number} threshold Score that they must exceed.
 * @returns {Person[]} Those to show.
 */
export function confident(people, threshold) {
  return people.filter((person) => person.score > threshold);
}

/** @param {number} count How many people. */
export function countPeople(count) {
  if (count === 0) return 'No people';
  return count === 1 ? '1 person' : `${count} people`;
}

/**
 * @param {Person} person A person.
 * @param {number} threshold Keypoints below this score are not shown.
 * @returns {string} One line about this person.
 */
export function describePerson({ score, keypoints }, threshold) {
  const shown = keypoints.filter((point) => point.score >= threshold).length;
  return `score ${score.toFixed(2)}, ${shown} of ${keypoints.length} keypoints`;
}

/** @param {number} ms Milliseconds. @returns {string} A short text. */
export function milliseconds(ms) {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
