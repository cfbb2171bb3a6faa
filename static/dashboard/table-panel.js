/**
 * A table that can be sorted by any of its columns, with a mouse or from the keyboard.
 */

import { find } from "../chat/dom.js";
import { KeyedRows, cellText, setCells } from "./cells.js";
import { nextOrder, sorted } from "./sorting.js";

/** @import { Board } from "./board.js" */
/** @import { Times } from "./cells.js" */
/** @import { Order } from "./sorting.js" */
/** @import { TableField } from "./types.d.ts" */

/** A source that lists more should list less. */
const ROWS_MAX = 200;

export class TablePanel {
  #element;
  #field;
  #board;
  #times;
  #rows;
  /** @type {Order} */
  #order = null;

  /**
   * @param {HTMLElement} element
   * @param {TableField} field
   * @param {Board} board
   * @param {Times} times
   */
  constructor(element, field, board, times) {
    this.#element = element;
    this.#field = field;
    this.#board = board;
    this.#times = times;
    this.#rows = new KeyedRows(find(element, "tbody"), () => this.#makeRow());
    for (const head of element.querySelectorAll("th[data-column]")) {
      head.querySelector("button")?.addEventListener("click", () => this.#sort(head));
    }
  }

  paint() {
    /** @type {any[]} */
    const rows = this.#board.shown.state[this.#field.name] ?? [];
    const { key, columns } = this.#field;
    this.#rows.show(
      sorted(rows, this.#order).slice(0, ROWS_MAX),
      (row, place) => String(key === "" ? place : row[key]),
      (element, row) => setCells(element, columns.map((column) => cellText(row[column.name], column, this.#times))),
    );
    this.#element.toggleAttribute("data-empty", rows.length === 0);
  }

  /** @param {Element} head */
  #sort(head) {
    const column = this.#field.columns.find(({ name }) => name === head.getAttribute("data-column"));
    if (column === undefined) return;
    this.#order = nextOrder(this.#order, column);
    for (const other of this.#element.querySelectorAll("th[data-column]")) {
      const isOrder = other.getAttribute("data-column") === this.#order?.column;
      other.setAttribute("aria-sort", isOrder ? (this.#order?.descending ? "descending" : "ascending") : "none");
    }
    this.paint();
  }

  #makeRow() {
    const row = document.createElement("tr");
    for (const { name, kind } of this.#field.columns) {
      const cell = document.createElement(name === this.#field.key ? "th" : "td");
      if (cell instanceof HTMLTableCellElement && name === this.#field.key) cell.scope = "row";
      cell.dir = "auto";
      cell.dataset.kind = kind;
      row.append(cell);
    }
    return row;
  }
}
