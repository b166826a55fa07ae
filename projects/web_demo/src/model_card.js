/** What the page says of its net. */

/**
 * @param {HTMLElement} parent Takes a paragraph for each thing known.
 * @param {{name: string, summary?: string, limits?: string, evaluated_on?: string,
 *     licence?: string, metrics?: Record<string, number>}} card The published
 *     `model.json`.
 */
export function showModelCard(parent, card) {
  const measured = card.metrics?.AP === undefined ? ''
    : `AP ${card.metrics.AP.toFixed(3)} on ${card.evaluated_on}.`;
  const lines = [`${card.name}. ${card.summary ?? ''}`, measured, card.limits, card.licence];
  parent.replaceChildren(...lines.filter(Boolean).map((line) => {
    const paragraph = document.createElement('p');
    paragraph.textContent = line.trim();
    return paragraph;
  }));
}
