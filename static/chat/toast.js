/**
 * A sentence at the lower edge for a few seconds: what was done, or could not be done,
 * where the page has no better place for it. Spoken by the announcer, not by itself.
 */

import { find, setText } from "./dom.js";

const SHOWN_MS = 5000;

export class Toast {
  #element = find(document, "[data-toast]");
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {string} sentence */
  show(sentence) {
    setText(this.#element, sentence);
    this.#element.hidden = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.#element.hidden = true), SHOWN_MS);
  }
}
