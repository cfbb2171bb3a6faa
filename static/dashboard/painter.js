/**
 * When things are drawn: all that changed in one animation frame, but for no longer than a
 * few milliseconds; what is left goes to the next frame. So a tick that touches twelve
 * charts never holds up a click. A hidden page draws nothing.
 */

/**
 * @typedef {object} Job Something that can be drawn.
 * @property {() => void} paint
 * @property {boolean} [isCanvas] What goes onto a canvas comes before what changes elements: text on a canvas makes
 *   the browser lay out all that was changed until then, for each canvas anew.
 */

/**
 * @typedef {object} Stage
 * @property {(callback: () => void) => unknown} frame requestAnimationFrame
 * @property {() => number} now performance.now
 * @property {() => boolean} isHidden Of the page.
 */

/** Of the 16 a frame has: the browser needs the others for layout, and a slow machine is four times slower. */
export const BUDGET_MS = 5;

export class Painter {
  /** In the order they were marked: who waited longest is first. @type {Set<Job>} */
  #canvases = new Set();
  /** @type {Set<Job>} */
  #elements = new Set();
  #stage;
  #asked = false;

  /** @param {Stage} stage */
  constructor(stage) {
    this.#stage = stage;
  }

  /** How many wait. */
  get waiting() {
    return this.#canvases.size + this.#elements.size;
  }

  /** @param {Job} job Draw it soon; any number of times is once. */
  mark(job) {
    this.#queueOf(job).add(job);
    this.#ask();
  }

  /** @param {Job} job */
  forget(job) {
    this.#queueOf(job).delete(job);
  }

  /** The page is seen again. */
  wake() {
    this.#ask();
  }

  #ask() {
    if (this.#asked || this.#stage.isHidden() || this.waiting === 0) return;
    this.#asked = true;
    this.#stage.frame(() => this.#frame());
  }

  #frame() {
    this.#asked = false;
    const end = this.#stage.now() + BUDGET_MS;
    // One of each at least: nobody waits for ever behind the others.
    this.#paintSome(this.#canvases, end);
    this.#paintSome(this.#elements, end);
    this.#ask();
  }

  /**
   * @param {Set<Job>} jobs
   * @param {number} end
   */
  #paintSome(jobs, end) {
    for (const job of [...jobs]) {
      jobs.delete(job);
      paint(job);
      if (this.#stage.now() >= end) return;
    }
  }

  /** @param {Job} job */
  #queueOf(job) {
    return job.isCanvas ? this.#canvases : this.#elements;
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
