/**
 * A reader's place in a log, and the rule of docs/reference/protocol.md by which
 * an event is taken, dropped, or shows that something is missing before it.
 */

/** @import { Position } from "./types.d.ts" */

export class Cursor {
  /** null: nothing is held yet. @type {Position | null} */
  #position = null;

  get position() {
    return this.#position;
  }

  /** @param {Position | null} position */
  set(position) {
    this.#position = position;
  }

  /**
   * Moves over the event if it is the next one.
   *
   * @param {number} seq
   * @param {number} [prev] The seq it follows, when that is not the one before.
   * @returns {"taken" | "old" | "hole"}
   */
  take(seq, prev = seq - 1) {
    if (this.#position === null) return "hole";
    if (seq <= this.#position.seq) return "old";
    if (prev > this.#position.seq) return "hole";
    this.#position = { epoch: this.#position.epoch, seq };
    return "taken";
  }

  /**
   * @param {Position | null} other
   * @returns {boolean} Whether nothing up to `other` is missing here.
   */
  covers(other) {
    const own = this.#position;
    return own !== null && other !== null && own.epoch === other.epoch && own.seq >= other.seq;
  }
}
