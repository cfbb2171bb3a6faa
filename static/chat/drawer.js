/**
 * The side as a drawer, where the page is narrow: opened by its button, closed by its
 * own, the scrim, Escape, or a page that got wide. What lies under it can't be reached.
 */

import { find } from "./dom.js";

const NARROW = matchMedia("(width < 900px)");

export class Drawer {
  #side = find(document, "[data-side]");
  #scrim = find(document, "[data-drawer-scrim]");
  #main = find(document, "#main");
  #opener = find(document, "[data-drawer-open]");

  constructor() {
    this.#opener.setAttribute("aria-expanded", "false");
    this.#opener.setAttribute("aria-controls", this.#side.id);
    this.#opener.addEventListener("click", (event) => {
      event.preventDefault();
      this.#set(true);
      find(this.#side, "[data-drawer-close]").focus();
    });
    find(this.#side, "[data-drawer-close]").addEventListener("click", (event) => {
      event.preventDefault();
      this.#close();
    });
    this.#scrim.addEventListener("click", () => this.#close());
    this.#side.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#close();
    });
    NARROW.addEventListener("change", () => {
      if (this.#side.hasAttribute("data-open")) this.#set(false);
    });
  }

  #close() {
    if (!this.#side.hasAttribute("data-open")) return;
    this.#set(false);
    this.#opener.focus();
  }

  /** @param {boolean} open */
  #set(open) {
    this.#side.toggleAttribute("data-open", open);
    this.#scrim.hidden = !open;
    this.#main.inert = open;
    this.#opener.setAttribute("aria-expanded", String(open));
  }
}
