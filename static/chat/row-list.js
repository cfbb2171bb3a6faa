/**
 * Keeps the children of the list equal to the rows, by key: nodes that stay are not
 * touched, so that selection, focus and hover survive whatever arrives.
 */

import { findAs, fromTemplate, setText } from "./dom.js";

/** @import { MessageRow as MessageView } from "./message-row.js" */
/** @import { TimeWords } from "./time.js" */
/** @import { MessageRow, Row } from "./types.d.ts" */

export class RowList {
  #list;
  #words;
  #view;
  /** @type {number | null} */
  #marked = null;
  /** @type {Map<string, { node: HTMLElement, view: MessageView | null }>} */
  #held = new Map();

  /**
   * @param {HTMLElement} list The `<ol>`; rows the server wrote may stand in it.
   * @param {TimeWords} words
   * @param {(node: HTMLElement | null) => MessageView} view Makes a row, in the given node or in a fresh one.
   */
  constructor(list, words, view) {
    this.#list = list;
    this.#words = words;
    this.#view = view;
  }

  /** @param {readonly Row[]} rows */
  show(rows) {
    const held = this.#held;
    this.#held = new Map(rows.map((row) => [row.key, held.get(row.key) ?? this.#make(row)]));
    this.#place();
    for (const row of rows) {
      if (row.kind === "message") this.#held.get(row.key)?.view?.update(row);
      else if (row.kind === "day") this.#drawDay(row.key, row.at);
    }
    if (this.#marked !== null) this.mark(this.#marked);
  }

  /** Relative times age, and "Today" becomes "Yesterday". */
  refreshTimes() {
    for (const { view } of this.#held.values()) view?.refreshTime();
  }

  /**
   * @param {Element} node
   * @returns {MessageRow | null} The row this node, or an ancestor of it, shows.
   */
  rowAt(node) {
    const item = node.closest(".message");
    for (const held of this.#held.values()) {
      if (held.node === item) return held.view?.row ?? null;
    }
    return null;
  }

  /**
   * @param {string} key
   * @returns {HTMLElement | null}
   */
  nodeOf(key) {
    return this.#held.get(key)?.node ?? null;
  }

  /**
   * Mark the row of the message that is being edited, and no other.
   *
   * @param {number | null} id
   */
  mark(id) {
    this.#marked = id;
    for (const { node, view } of this.#held.values()) {
      if (view !== null) node.toggleAttribute("data-editing", id !== null && view.row?.id === id);
    }
  }

  /** Put the nodes in order, moving as few as can be: those out of place, and none that has the focus if it stays. */
  #place() {
    const wanted = new Set([...this.#held.values()].map(({ node }) => node));
    for (const child of [...this.#list.children]) {
      if (!wanted.has(/** @type {HTMLElement} */ (child))) child.remove();
    }
    let next = this.#list.firstElementChild;
    for (const node of wanted) {
      if (node === next) next = next.nextElementSibling;
      else this.#list.insertBefore(node, next);
    }
  }

  /**
   * @param {Row} row
   * @returns {{ node: HTMLElement, view: MessageView | null }}
   */
  #make(row) {
    if (row.kind !== "message") return { node: fromTemplate(`${row.kind === "day" ? "day" : "new-line"}-template`), view: null };
    const written = row.id === null ? null : document.getElementById(`message-${row.id}`);
    const view = this.#view(written);
    return { node: view.node, view };
  }

  /**
   * @param {string} key
   * @param {number} at
   */
  #drawDay(key, at) {
    const time = findAs(/** @type {HTMLElement} */ (this.nodeOf(key)), "time", HTMLTimeElement);
    setText(time, this.#words.day(at, Date.now()));
    time.dateTime = this.#words.dayKey(at);
  }
}
