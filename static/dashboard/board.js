/**
 * A dashboard as it is known here: the description, merged with every change, the clock
 * of the server beside one's own, and what is shown while the page is paused. Knows no
 * element and no socket: `live.js` feeds it, the panels read it.
 */

import { Emitter } from "../realtime/emitter.js";

/** @import { Alert, Description, Diff } from "./types.d.ts" */

/**
 * @typedef {object} BoardEvents
 * @property {{ fields: ReadonlySet<string> | null }} change null: everything.
 * @property {readonly Alert[]} alerts
 * @property {{ paused: boolean }} pause
 */

/** @extends {Emitter<BoardEvents>} */
export class Board extends Emitter {
  /** @type {Description} */
  #live;
  /** What is shown while paused. @type {Description | null} */
  #held = null;
  #heldAt = 0;
  #clock;
  /** What to add to one's own clock to get the server's. */
  #offsetMs = 0;
  #missed = 0;

  /**
   * @param {Description} description
   * @param {{ now: () => number }} clock
   */
  constructor(description, clock) {
    super();
    this.#clock = clock;
    this.#live = description;
    this.#offsetMs = description.now - clock.now();
  }

  /** As of now, whatever is shown. */
  get live() {
    return this.#live;
  }

  /** As it is shown. */
  get shown() {
    return this.#held ?? this.#live;
  }

  /** The server's clock. */
  get now() {
    return this.#clock.now() + this.#offsetMs;
  }

  get paused() {
    return this.#held !== null;
  }

  /** The moment up to which there is something to show. What is pushed holds until it is told otherwise. */
  get until() {
    if (this.#held !== null) return this.#heldAt;
    return this.#live.interval_s === null ? this.now : (this.#live.at ?? this.now);
  }

  /** How many updates came since the pause began. */
  get missed() {
    return this.#missed;
  }

  /** @param {Description} description */
  snapshot(description) {
    this.#offsetMs = description.now - this.#clock.now();
    this.#take(description, null);
  }

  /** @param {Diff} diff */
  diff(diff) {
    const { state, ...rest } = diff;
    // The clock was read once, maybe over a slow line: nothing comes from the future.
    this.#offsetMs = Math.max(this.#offsetMs, diff.at - this.#clock.now());
    this.#take({ ...this.#live, ...rest, state: { ...this.#live.state, ...state } }, new Set(Object.keys(state)));
  }

  pause() {
    if (this.#held !== null) return;
    this.#heldAt = this.until;
    this.#held = this.#live;
    this.#missed = 0;
    this.emit("pause", { paused: true });
  }

  resume() {
    if (this.#held === null) return;
    this.#held = null;
    this.emit("pause", { paused: false });
    this.emit("change", { fields: null });
  }

  /**
   * @param {Description} next
   * @param {Set<string> | null} fields
   */
  #take(next, fields) {
    const { alerts } = this.#live;
    this.#live = next;
    this.#missed += 1;
    this.emit("change", { fields });
    // Alerts go on while the rest stands still.
    if (next.alerts !== alerts) this.emit("alerts", next.alerts);
  }
}
