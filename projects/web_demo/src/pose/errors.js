/** Input that cannot be used; the message is one line that names it. */
export class InputError extends Error {
  /** @param {string} message One line: what is wrong, and what to do. */
  constructor(message) {
    super(message);
    this.name = 'InputError';
  }
}
