/**
 * Whether anybody is at this device: no input for five minutes is nobody. Input in
 * another tab of the same browser counts for all of them.
 */

/** @import { Clock } from "../realtime/types.d.ts" */

export const IDLE_AFTER_MS = 5 * 60_000;
/** How often input is looked at; a pointer moves a hundred times a second. */
const LOOK_EVERY_MS = 1_000;
/** `scroll` and `focusin` for those who read without a pointer or keys of their own (screen readers). */
const INPUT = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart", "scroll", "focusin"];
const KEY = "chorus.active";

export class Idle {
  #clock;
  #page;
  #home;
  #storage;
  #changed;
  #activeAt;
  /** @type {unknown} */
  #timer = null;
  away = false;

  /**
   * @param {object} parts
   * @param {Clock} parts.clock
   * @param {EventTarget} parts.page Where input arrives.
   * @param {EventTarget} parts.home Where other tabs' storage events arrive.
   * @param {Pick<Storage, "setItem"> | null} parts.storage Shared with the other tabs.
   * @param {(away: boolean) => void} parts.changed
   */
  constructor({ clock, page, home, storage, changed }) {
    this.#clock = clock;
    this.#page = page;
    this.#home = home;
    this.#changed = changed;
    this.#activeAt = clock.now();
    this.#storage = storage;
    for (const type of INPUT) page.addEventListener(type, this.#touched, { passive: true, capture: true });
    home.addEventListener("storage", this.#toldElsewhere);
    this.#wait();
  }

  stop() {
    for (const type of INPUT) this.#page.removeEventListener(type, this.#touched, { capture: true });
    this.#home.removeEventListener("storage", this.#toldElsewhere);
    this.#clock.clearTimeout(this.#timer);
  }

  #touched = () => {
    const now = this.#clock.now();
    if (!this.away && now - this.#activeAt < LOOK_EVERY_MS) return;
    try {
      this.#storage?.setItem(KEY, String(now));
    } catch {
      // Full, or not allowed: then each tab looks for itself.
    }
    this.#active(now);
  };

  #toldElsewhere = (/** @type {Event} */ event) => {
    if (/** @type {StorageEvent} */ (event).key === KEY) this.#active(this.#clock.now());
  };

  /** @param {number} now */
  #active(now) {
    this.#activeAt = now;
    this.#set(false);
    if (this.#timer === null) this.#wait();
  }

  #wait() {
    const left = this.#activeAt + IDLE_AFTER_MS - this.#clock.now();
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = null;
      if (this.#clock.now() - this.#activeAt >= IDLE_AFTER_MS) this.#set(true);
      else this.#wait();
    }, Math.max(left, LOOK_EVERY_MS));
  }

  /** @param {boolean} away */
  #set(away) {
    if (away === this.away) return;
    this.away = away;
    this.#changed(away);
  }
}
