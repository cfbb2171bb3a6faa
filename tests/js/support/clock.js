/** A clock that moves when a test says so. */

/** @import { Clock, TimerId } from "../../../static/realtime/types.d.ts" */

/** @typedef {{ at: number, callback: () => void }} Timer */

/** @implements {Clock} */
export class FakeClock {
  #now = Date.UTC(2030, 0, 1);
  /** Timers run on a clock of their own, which stands still during sleep. */
  #uptime = 0;
  #lastId = 0;
  /** @type {Map<number, Timer>} */
  #timers = new Map();

  now() {
    return this.#now;
  }

  /**
   * @param {() => void} callback
   * @param {number} ms
   */
  setTimeout(callback, ms) {
    this.#lastId += 1;
    this.#timers.set(this.#lastId, { at: this.#uptime + ms, callback });
    return this.#lastId;
  }

  /** @param {TimerId} id */
  clearTimeout(id) {
    this.#timers.delete(/** @type {number} */ (id));
  }

  /** How many timers are set. */
  get pending() {
    return this.#timers.size;
  }

  /**
   * Time passes: each timer fires when it is due, and what it began has settled before the next.
   *
   * @param {number} ms
   */
  async advance(ms) {
    const end = this.#uptime + ms;
    await settled();
    for (let next = this.#nextBy(end); next !== null; next = this.#nextBy(end)) {
      const [id, { at, callback }] = next;
      this.#move(at - this.#uptime);
      this.#timers.delete(id);
      callback();
      await settled();
    }
    this.#move(end - this.#uptime);
  }

  /**
   * A laptop sleeps: the wall clock goes on, timers do not. A negative time sets the clock back.
   *
   * @param {number} ms
   */
  sleep(ms) {
    this.#now += ms;
  }

  /** @param {number} ms */
  #move(ms) {
    this.#uptime += ms;
    this.#now += ms;
  }

  /**
   * @param {number} end
   * @returns {[number, Timer] | null}
   */
  #nextBy(end) {
    const due = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at);
    return due[0] ?? null;
  }
}

/** One tab's share of a clock: its timers end with it. @implements {Clock} */
export class TabClock {
  #clock;
  /** @type {Set<TimerId>} */
  #own = new Set();
  #dead = false;

  /** @param {FakeClock} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  now() {
    return this.#clock.now();
  }

  /**
   * @param {() => void} callback
   * @param {number} ms
   */
  setTimeout(callback, ms) {
    if (this.#dead) return null;
    const id = this.#clock.setTimeout(callback, ms);
    this.#own.add(id);
    return id;
  }

  /** @param {TimerId} id */
  clearTimeout(id) {
    this.#own.delete(id);
    this.#clock.clearTimeout(id);
  }

  die() {
    this.#dead = true;
    for (const id of this.#own) this.#clock.clearTimeout(id);
  }
}

/** Everything that needs no time has happened: promises, messages between tabs, IndexedDB. */
export async function settled() {
  for (let turn = 0; turn < 40; turn++) await new Promise((resolve) => setImmediate(resolve));
}
