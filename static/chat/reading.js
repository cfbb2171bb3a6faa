/**
 * How far the reader has seen: where the "new" line stands, how many wait below, and
 * what to tell the server. Pure but for the callback.
 */

export class Reading {
  #seenNo;
  #lastNo;
  #onSeen;
  /** The post_no after which the "new" line stands; null for none. @type {number | null} */
  newAfter;

  /**
   * @param {number} lastReadNo What the server knows.
   * @param {number} lastNo The room's newest.
   * @param {(no: number) => void} onSeen Everything up to this post_no has been seen. Only rises.
   */
  constructor(lastReadNo, lastNo, onSeen) {
    this.#seenNo = lastReadNo;
    this.#lastNo = lastNo;
    this.#onSeen = onSeen;
    this.newAfter = lastNo > lastReadNo ? lastReadNo : null;
  }

  /** How many posts came that nobody looked at. */
  get unseen() {
    return Math.max(0, this.#lastNo - this.#seenNo);
  }

  /** @param {{ lastNo: number, seeing: boolean }} now */
  update({ lastNo, seeing }) {
    this.#lastNo = lastNo;
    if (lastNo <= this.#seenNo) return;
    if (seeing) {
      this.#seenNo = lastNo;
      this.#onSeen(lastNo);
    } else if (this.newAfter === null || this.newAfter < this.#seenNo) {
      // The first that was not seen: the line moves here, and stays while more come.
      this.newAfter = this.#seenNo;
    }
  }

  /** The reader looks away: what was new is no longer. */
  leave() {
    if (this.newAfter !== null && this.newAfter < this.#seenNo) this.newAfter = null;
  }

  /** The reader wrote something, so they have read what stands above it. */
  wrote() {
    this.newAfter = null;
  }
}
