/**
 * Tells the server how far one has read: not with every message of a busy room, and
 * again after a connection that was lost or not there yet.
 */

/** @import { Clock } from "../realtime/types.d.ts" */

/** At most one report in so long. */
const PAUSE_MS = 1000;

export class ReadReport {
  #tell;
  #clock;
  /** Up to which post_no was read, and which the server knows of. */
  #read = 0;
  #told = 0;
  /** Set while nothing is told again. @type {unknown} */
  #pause = null;

  /**
   * @param {(no: number) => Promise<void>} tell Rejects if the server may not have heard it.
   * @param {Clock} clock
   */
  constructor(tell, clock) {
    this.#tell = tell;
    this.#clock = clock;
  }

  /** @param {number} no Everything up to this post_no was seen. */
  seen(no) {
    this.#read = Math.max(this.#read, no);
    if (this.#pause === null) this.#report();
  }

  /** There is a connection again: what was not heard is told now. */
  connected() {
    this.#clock.clearTimeout(this.#pause);
    this.#report();
  }

  #report() {
    const no = this.#read;
    this.#pause = null;
    if (no <= this.#told) return;
    this.#pause = this.#clock.setTimeout(() => {
      this.#pause = null;
      if (this.#read > no) this.#report();
    }, PAUSE_MS);
    this.#tell(no).then(
      () => void (this.#told = Math.max(this.#told, no)),
      // The next connection, or the next message that is seen, tries again.
      () => {},
    );
  }
}
