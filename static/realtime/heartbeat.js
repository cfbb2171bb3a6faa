/**
 * Whether the other end is still there. Sends a ping when nothing else was sent
 * for a while, and gives up when nothing comes back.
 *
 * Timers stop while a laptop sleeps and run late in a hidden tab, so nothing
 * here trusts a timer to be on time: each one only looks at the wall clock.
 */

/** @import { Clock, TimerId } from "./types.d.ts" */

/** Any frame has to arrive within this after a ping. */
const PATIENCE_MS = 10_000;
/** The same when there is reason for doubt: the network changed, or the page was away. */
const DOUBT_MS = 4_000;
/** How often to look, so that waking up is noticed soon. */
const LOOK_MS = 5_000;
/** Browsers run a hidden tab's timers once a minute. Later than that is sleep. */
const SLEEP_MS = 75_000;

export class Heartbeat {
  #clock;
  #everyMs;
  #ping;
  #dead;
  /** @type {TimerId | null} */
  #timer = null;
  #lookedAt = 0;
  #sentAt = 0;
  /** When the unanswered ping has waited long enough; null if none is out. @type {number | null} */
  #deadline = null;

  /**
   * @param {object} options
   * @param {Clock} options.clock
   * @param {number} options.everyMs Ping after so long without having sent anything.
   * @param {() => void} options.ping
   * @param {(reason: "heartbeat_missed" | "slept") => void} options.dead Called once at most.
   */
  constructor({ clock, everyMs, ping, dead }) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#ping = ping;
    this.#dead = dead;
    this.#lookedAt = this.#sentAt = clock.now();
    this.#schedule();
  }

  /** Something was sent. */
  sent() {
    this.#sentAt = this.#clock.now();
  }

  /** Something arrived, whatever it was. */
  received() {
    this.#deadline = null;
  }

  /** There is reason for doubt: ask now, and wait less long for the answer. */
  probe() {
    this.#look();
    if (this.#timer === null) return;
    this.#expect(DOUBT_MS);
    this.#schedule();
  }

  stop() {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #look() {
    const now = this.#clock.now();
    const since = now - this.#lookedAt;
    this.#lookedAt = now;
    // After so long asleep the server has given us up, and waiting for an answer only costs time.
    if (since > SLEEP_MS) return this.#end("slept");
    if (since < 0) this.#clockSetBack(now);
    if (this.#deadline !== null && now >= this.#deadline) return this.#end("heartbeat_missed");
    if (now - this.#sentAt >= this.#everyMs) this.#expect(PATIENCE_MS);
    this.#schedule();
  }

  /** @param {number} patienceMs */
  #expect(patienceMs) {
    const deadline = this.#clock.now() + patienceMs;
    this.#deadline = Math.min(this.#deadline ?? deadline, deadline);
    this.#ping();
    this.sent();
  }

  /** @param {number} now */
  #clockSetBack(now) {
    this.#sentAt = now;
    if (this.#deadline !== null) this.#deadline = now + PATIENCE_MS;
  }

  /** Sets the timer anew; no timer means the end. */
  #schedule() {
    const now = this.#clock.now();
    const due = Math.min(this.#sentAt + this.#everyMs, this.#deadline ?? Infinity) - now;
    this.stop();
    this.#timer = this.#clock.setTimeout(() => this.#look(), Math.max(0, Math.min(due, LOOK_MS)));
  }

  /** @param {"heartbeat_missed" | "slept"} reason */
  #end(reason) {
    this.stop();
    this.#dead(reason);
  }
}
