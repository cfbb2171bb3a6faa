/**
 * The unread count where it is seen from another tab: the title and the favicon.
 */

import { findAs } from "./dom.js";

export class Attention {
  #icon = findAs(document, "link[rel=icon]", HTMLLinkElement);
  #quiet = this.#icon.href;
  #title;

  /** @param {string} title The page's title without a count. */
  constructor(title) {
    this.#title = title;
  }

  /** @param {number} unread In all rooms. */
  show(unread) {
    const title = unread === 0 ? this.#title : `(${unread > 99 ? "99+" : unread}) ${this.#title}`;
    if (document.title !== title) document.title = title;
    const href = unread === 0 ? this.#quiet : /** @type {string} */ (this.#icon.dataset.unreadHref);
    if (this.#icon.getAttribute("href") !== href) this.#icon.setAttribute("href", href);
  }

  /** @param {string} title */
  rename(title) {
    this.#title = title;
  }
}
