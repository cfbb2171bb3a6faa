/**
 * What the server refused, in a sentence to show, or that it could not be reached.
 */
export class ApiError extends Error {
  /**
   * @param {number} status 0: the server could not be reached.
   * @param {string} message
   * @param {{ field?: string | null, cause?: unknown }} [details] `field`: the one value that is wrong, if one is to blame.
   */
  constructor(status, message, { field = null, cause } = {}) {
    super(message, { cause });
    this.name = "ApiError";
    this.status = status;
    this.field = field;
  }
}
