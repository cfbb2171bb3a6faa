/**
 * What is wrong now, above everything else. It goes on while the page is paused; a new one
 * is said aloud, and told on the desktop if that was asked for.
 */

import { find, findAs, fromTemplate, setText } from "../chat/dom.js";
import { alertAge, alertKey, alertWords, risen } from "./alert-words.js";
import { KeyedRows } from "./cells.js";

/** @import { Board } from "./board.js" */
/** @import { Alert } from "./types.d.ts" */

export class AlertsStrip {
  #element;
  #board;
  #rows;

  /**
   * @param {HTMLElement} element
   * @param {Board} board
   * @param {(sentences: string[]) => void} tell Of new ones.
   */
  constructor(element, board, tell) {
    this.#element = element;
    this.#board = board;
    this.#rows = new KeyedRows(find(element, "[data-alert-list]"), () => fromTemplate("alert-template"));
    /** @type {readonly Alert[]} */
    let known = board.live.alerts;
    board.addEventListener("alerts", ({ detail }) => {
      const fresh = risen(known, detail);
      known = detail;
      if (fresh.length > 0) tell(fresh.map((alert) => alertWords(alert, this.#decimals(alert))));
    });
  }

  paint() {
    const { alerts } = this.#board.live;
    this.#element.hidden = alerts.length === 0;
    this.#rows.show(alerts, alertKey, (row, alert) => {
      row.dataset.severity = alert.severity;
      const link = findAs(row, "a", HTMLAnchorElement);
      link.setAttribute("href", `#${this.#target(alert)}`);
      setText(link, alertWords(alert, this.#decimals(alert)));
      setText(find(row, "[data-alert-age]"), alertAge(alert, this.#board.now));
      for (const word of row.querySelectorAll("[data-for-severity]")) {
        word.toggleAttribute("hidden", word.getAttribute("data-for-severity") !== alert.severity);
      }
    });
  }

  /** @param {Alert} alert */
  #decimals({ field }) {
    const found = this.#board.live.fields.find(({ name }) => name === field);
    return found?.kind === "number" ? found.decimals : 0;
  }

  /** @param {Alert} alert */
  #target({ field }) {
    const found = this.#board.live.fields.find(({ name }) => name === field);
    return found?.kind === "number" && found.tile ? `panel-tile-${field}` : "main";
  }
}
