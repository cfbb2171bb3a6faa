/**
 * A value as a table shows it, and rows that stay the same elements while their values
 * change: a selection survives, and nothing is read aloud twice.
 */

import { setText } from "../chat/dom.js";
import { words } from "./numbers.js";

/** @import { Written } from "./types.d.ts" */

/** @typedef {{ moment: (at: number) => string }} Times */

/**
 * @param {any} value
 * @param {Written} column
 * @param {Times} times
 * @returns {string}
 */
export function cellText(value, { kind, unit, decimals }, times) {
  if (kind === "number") return words(value, unit, decimals);
  if (value === null || value === undefined || value === "") return "–";
  return kind === "time" ? times.moment(value) : String(value);
}

export class KeyedRows {
  #body;
  #make;
  /** @type {Map<string, HTMLElement>} */
  #rows = new Map();

  /**
   * @param {HTMLElement} body Its rows name themselves by `data-row`.
   * @param {() => HTMLElement} make A new row without values.
   */
  constructor(body, make) {
    this.#body = body;
    this.#make = make;
    for (const row of body.querySelectorAll("[data-row]")) {
      if (row instanceof HTMLElement) this.#rows.set(row.dataset.row ?? "", row);
    }
  }

  /**
   * @template Item
   * @param {readonly Item[]} items In order.
   * @param {(item: Item, place: number) => string} keyOf
   * @param {(row: HTMLElement, item: Item) => void} draw
   */
  show(items, keyOf, draw) {
    const gone = new Set(this.#rows.keys());
    items.forEach((item, place) => {
      const key = keyOf(item, place);
      const row = this.#row(key);
      gone.delete(key);
      draw(row, item);
      if (this.#body.children[place] !== row) this.#body.insertBefore(row, this.#body.children[place] ?? null);
    });
    for (const key of gone) this.#drop(key);
  }

  /** @param {string} key */
  #row(key) {
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = this.#make();
      row.dataset.row = key;
      this.#rows.set(key, row);
    }
    return row;
  }

  /** @param {string} key */
  #drop(key) {
    this.#rows.get(key)?.remove();
    this.#rows.delete(key);
  }
}

/**
 * @param {HTMLElement} row
 * @param {readonly string[]} texts One for each cell.
 */
export function setCells(row, texts) {
  texts.forEach((text, n) => setText(row.children[n], text));
}
