/**
 * Which minutes are shown: a choice in the bar, remembered in the address.
 */

/** @import { Board } from "./board.js" */
/** @import { Minutes } from "./types.d.ts" */

const MINUTE_MS = 60_000;
/** @type {readonly Minutes[]} */
export const CHOICES = [5, 15, 60];

export class Range {
  #element;
  #minutes;
  #changed;

  /**
   * @param {HTMLElement} element Holds a button for each choice, `data-minutes`.
   * @param {Minutes} minutes
   * @param {(minutes: Minutes) => void} changed
   */
  constructor(element, minutes, changed) {
    this.#element = element;
    this.#minutes = minutes;
    this.#changed = changed;
    for (const button of element.querySelectorAll("button")) {
      button.addEventListener("click", () => this.choose(/** @type {Minutes} */ (Number(button.dataset.minutes))));
    }
  }

  get minutes() {
    return this.#minutes;
  }

  /** @param {Board} board */
  of({ until }) {
    return { from: until - this.#minutes * MINUTE_MS, to: until };
  }

  /** @param {Minutes} minutes */
  choose(minutes) {
    if (minutes === this.#minutes) return;
    this.#minutes = minutes;
    for (const button of this.#element.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.minutes) === minutes));
    }
    const address = new URL(location.href);
    address.searchParams.set("minutes", String(minutes));
    history.replaceState(history.state, "", address);
    this.#changed(minutes);
  }
}
