/**
 * The button with one's own face: says what one is shown as, and lets one choose.
 */

import { ClientCode } from "../realtime/codes.js";
import { RealtimeError } from "../realtime/errors.js";
import { find, setText } from "./dom.js";
import { gettext } from "./i18n.js";

/** @import { OwnPresence } from "../presence/own-presence.js" */
/** @import { Choice } from "../presence/types.d.ts" */

export class StatusPicker {
  #button = find(document, "[data-status-button]");
  #menu = find(document, "[data-status-menu]");
  #presence;
  #tell;

  /**
   * @param {OwnPresence} presence
   * @param {(sentence: string) => void} tell
   */
  constructor(presence, tell) {
    this.#presence = presence;
    this.#tell = tell;
    presence.addEventListener("choice", () => this.#draw());
    this.#menu.addEventListener("click", (event) => {
      const chosen = event.target instanceof Element ? event.target.closest("[data-choice]") : null;
      if (chosen instanceof HTMLElement) void this.#choose(/** @type {Choice} */ (chosen.dataset.choice));
    });
  }

  /** @param {boolean} away Nobody has been at this device for long. */
  away(away) {
    this.#button.toggleAttribute("data-away", away);
  }

  /** @param {Choice} choice */
  async #choose(choice) {
    this.#menu.hidePopover();
    this.#button.focus();
    try {
      await this.#presence.choose(choice);
      this.#tell(said(choice));
    } catch (error) {
      const isRefused = error instanceof RealtimeError && error.code !== ClientCode.DISCONNECTED;
      this.#tell(isRefused ? error.message : gettext("That could not be saved. Try again when you are connected."));
    }
  }

  #draw() {
    const { choice } = this.#presence;
    if (choice === null) return;
    this.#button.dataset.chosen = choice;
    for (const item of this.#menu.querySelectorAll("[data-choice]")) {
      const isChosen = /** @type {HTMLElement} */ (item).dataset.choice === choice;
      item.setAttribute("aria-pressed", String(isChosen));
      if (isChosen) setText(find(this.#button, "[data-status-words]"), item.querySelector("[data-choice-name]")?.textContent ?? "");
    }
  }
}

/** @param {Choice} choice */
function said(choice) {
  if (choice === "dnd") return gettext("Others see that you are busy.");
  if (choice === "invisible") return gettext("Nobody sees that you are here.");
  return gettext("Others see when you are here.");
}
