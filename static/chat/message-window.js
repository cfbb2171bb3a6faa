/**
 * Which of the known messages are drawn: at most MAX in a row, however many there are.
 * Remembered by place, because messages come and go at both ends. Pure.
 */

/** @import { Message } from "../realtime/types.d.ts" */

/** A screen of 2,400 px and as much above and below it still fits, in one-line rows. */
const MAX = 260;
/** What following the end keeps, and by how much a window moves. */
const FOLLOWING = 120;
const STEP = 60;

export class MessageWindow {
  /** posted_seq of the first one drawn; 0: from the first there is. */
  #first = 0;
  /** posted_seq of the last one drawn; null: up to the newest. @type {number | null} */
  #last = null;

  /** Whether it reaches the newest of the messages. */
  get atEnd() {
    return this.#last === null;
  }

  toEnd() {
    this.#last = null;
  }

  /**
   * @param {readonly Message[]} messages Sorted by place.
   * @param {{ following: boolean }} how Following the end, the oldest are let go.
   * @returns {[number, number]} Where it begins and ends, as indexes of `slice`.
   */
  span(messages, { following }) {
    let [start, end] = this.#indexes(messages);
    if (following) {
      if (end - start > MAX || start === end) start = Math.max(0, end - FOLLOWING);
    } else if (end - start > MAX) {
      end = start + MAX;
    }
    return this.#set(messages, start, end);
  }

  /**
   * @param {readonly Message[]} messages
   * @param {number} index Of the message that shall be in the middle.
   * @returns {[number, number]}
   */
  around(messages, index) {
    return this.#set(messages, Math.max(0, index - STEP), Math.min(messages.length, index + STEP));
  }

  /**
   * @param {readonly Message[]} messages
   * @returns {boolean} Whether there was anything to move over.
   */
  moveUp(messages) {
    const [start, end] = this.#indexes(messages);
    if (start > 0) this.#set(messages, Math.max(0, start - STEP), Math.min(end, start - STEP + MAX));
    return start > 0;
  }

  /**
   * @param {readonly Message[]} messages
   * @returns {boolean}
   */
  moveDown(messages) {
    const [start, end] = this.#indexes(messages);
    const further = Math.min(messages.length, end + STEP);
    if (further > end) this.#set(messages, Math.max(start, further - MAX), further);
    return further > end;
  }

  /**
   * @param {readonly Message[]} messages
   * @returns {[number, number]}
   */
  #indexes(messages) {
    const end = this.#last === null ? messages.length : indexAfter(messages, this.#last);
    return [indexAfter(messages, this.#first - 1), end];
  }

  /**
   * @param {readonly Message[]} messages
   * @param {number} start
   * @param {number} end
   * @returns {[number, number]}
   */
  #set(messages, start, end) {
    this.#first = start === 0 ? 0 : messages[start].posted_seq;
    this.#last = end === messages.length ? null : messages[end - 1].posted_seq;
    return [start, end];
  }
}

/**
 * @param {readonly Message[]} messages
 * @param {number} postedSeq
 * @returns {number} The index of the first one after this place.
 */
function indexAfter(messages, postedSeq) {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (messages[middle].posted_seq <= postedSeq) low = middle + 1;
    else high = middle;
  }
  return low;
}
