/**
 * When things are drawn: all that changed in one animation frame, but for no longer than a
 * few milliseconds; what is left goes to the next frame. So a tick that touches twelve
 * charts never holds up a click. A hidden page draws nothing.
 */

/**
 * @typedef {object} Job Something that can be drawn.
 * @property {() => void} paint
 */

/**
 * @typedef {object} Stage
 * @property {(callback: () => void) => unknown} frame requestAnimationFrame
 * @property {() => number} now performance.now
 * @property {() => boolean} isHidden Of the page.
 */

/** Of the 16 a frame has: the browser needs the others for layout, and a slow machine is four times slower. */
export const BUDGET_MS = 6;

export class Painter {
  /** In the order they were marked: who waited longest is first. @type {Set<Job>} */
  #dirty = new Set();
  #stage;
  #asked = false;

  /** @param {Stage} stage */
  constructor(stage) {
    this.#stage = stage;
  }

  /** How many wait. */
  get waiting() {
    return this.#dirty.size;
  }

  /** @param {Job} job Draw it soon; any number of times is once. */
  mark(job) {
    this.#dirty.add(job);
    this.#ask();
  }

  /** @param {Job} job */
  forget(job) {
    this.#dirty.delete(job);
  }

  /** The page is seen again. */
  wake() {
    this.#ask();
  }

  #ask() {
    if (this.#asked || this.#stage.isHidden() || this.#dirty.size === 0) return;
    this.#asked = true;
    this.#stage.frame(() => this.#frame());
  }

  #frame() {
    this.#asked = false;
    const end = this.#stage.now() + BUDGET_MS;
    for (const job of [...this.#dirty]) {
      this.#dirty.delete(job);
      paint(job);
      if (this.#stage.now() >= end) break;
    }
    this.#ask();
  }
}

/**
 * One that cannot be drawn is reported, and keeps nobody else from being drawn.
 *
 * @param {Job} job
 */
function paint(job) {
  try {
    job.paint();
  } catch (error) {
    reportError(error);
  }
}
