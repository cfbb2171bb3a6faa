/**
 * Counts by name, as bars: the largest first, and each as long as its part of the largest.
 */

import { find, setText } from "../chat/dom.js";
import { KeyedRows } from "./cells.js";
import { words } from "./numbers.js";

/** @import { Board } from "./board.js" */
/** @import { CountsField } from "./types.d.ts" */

/** What is behind these is too small to matter. */
export const SHOWN_MAX = 12;

export class CountsPanel {
  #element;
  #field;
  #board;
  #rows;

  /**
   * @param {HTMLElement} element
   * @param {CountsField} field
   * @param {Board} board
   */
  constructor(element, field, board) {
    this.#element = element;
    this.#field = field;
    this.#board = board;
    this.#rows = new KeyedRows(find(element, "tbody"), makeRow);
    for (const bar of element.querySelectorAll("[data-share]")) lengthen(/** @type {HTMLElement} */ (bar));
  }

  paint() {
    const counts = ranked(this.#board.shown.state[this.#field.name] ?? {});
    const most = counts[0]?.[1] ?? 0;
    this.#rows.show(counts.slice(0, SHOWN_MAX), ([name]) => name, (row, [name, count]) => {
      setText(row.children[0], name);
      const bar = find(row, "[data-share]");
      bar.dataset.share = String(share(count, most));
      lengthen(bar);
      setText(row.children[2], words(count, this.#field.unit, this.#field.decimals));
    });
    this.#element.toggleAttribute("data-empty", counts.length === 0);
  }
}

/**
 * @param {{ [name: string]: number }} counts
 * @returns {[string, number][]}
 */
export function ranked(counts) {
  return Object.entries(counts).sort(([left, a], [right, b]) => b - a || (left < right ? -1 : 1));
}

/**
 * @param {number} count
 * @param {number} most
 */
function share(count, most) {
  return most > 0 && count > 0 ? Math.max(1, Math.round((100 * count) / most)) : 0;
}

/** @param {HTMLElement} bar */
function lengthen(bar) {
  bar.style.inlineSize = `${bar.dataset.share}%`;
}

function makeRow() {
  const row = document.createElement("tr");
  const name = document.createElement("th");
  name.scope = "row";
  name.dir = "auto";
  const place = document.createElement("td");
  place.className = "counts__place";
  place.setAttribute("aria-hidden", "true");
  const bar = document.createElement("span");
  bar.className = "counts__bar";
  bar.dataset.share = "0";
  place.append(bar);
  row.append(name, place, document.createElement("td"));
  return row;
}
