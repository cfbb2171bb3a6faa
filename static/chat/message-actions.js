/**
 * What one may do with a message: a bar that follows the pointer and the focus from
 * row to row, a sheet for a long press, and keys. The list is one stop of the Tab key;
 * arrows walk through it, and Tab goes on into the bar of the row one is at.
 */

import { find } from "./dom.js";

/** @import { MessageRow } from "./types.d.ts" */
/** @import { RowList } from "./row-list.js" */

const LONG_PRESS_MS = 450;
/** A finger that moved further was scrolling. */
const SLOP_PX = 10;

/** @typedef {"edit" | "delete" | "copy" | "link" | "report" | "retry" | "discard"} Action */

export class MessageActions {
  #root;
  #rows;
  #bar;
  #sheet;
  #does;
  /** @type {MessageRow | null} */
  #target = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #press;
  #pressedAt = { x: 0, y: 0 };

  /**
   * @param {HTMLElement} root The timeline.
   * @param {RowList} rows
   * @param {(action: Action, row: MessageRow) => void} does
   */
  constructor(root, rows, does) {
    this.#root = find(root, "[data-timeline-list]");
    this.#rows = rows;
    this.#does = does;
    this.#bar = find(root, "[data-message-actions]");
    this.#sheet = find(root, "#message-sheet");
    this.#listen();
  }

  /** After the rows changed: one of them must be where Tab goes. */
  refresh() {
    if (this.#root.querySelector(".message[tabindex='0']") !== null) return;
    this.#root.querySelector(".message:last-of-type")?.setAttribute("tabindex", "0");
  }

  #listen() {
    const list = this.#root;
    list.addEventListener("pointerover", (event) => this.#offer(event.target));
    list.addEventListener("pointerleave", () => this.#withdraw());
    list.addEventListener("focusin", (event) => this.#focused(event.target));
    list.addEventListener("keydown", (event) => this.#key(event));
    list.addEventListener("click", (event) => this.#clicked(event));
    list.addEventListener("pointerdown", (event) => this.#pressed(event));
    list.addEventListener("pointermove", (event) => this.#dragged(event));
    for (const end of ["pointerup", "pointercancel"]) list.addEventListener(end, () => clearTimeout(this.#press));
    this.#sheet.addEventListener("click", (event) => this.#chosen(event));
  }

  /** @param {EventTarget | null} target */
  #offer(target) {
    const node = target instanceof Element ? target.closest(".message") : null;
    const row = node === null ? null : this.#rows.rowAt(node);
    if (node === null || row === null || (this.#bar.parentElement === node && !this.#bar.hidden)) return;
    // Keys go on belonging to the row that has the focus.
    if (this.#bar.contains(document.activeElement)) return;
    this.#prepare(this.#bar, row);
    this.#bar.hidden = row.id === null || row.status === "deleted";
    node.append(this.#bar);
  }

  #withdraw() {
    const focused = document.activeElement?.closest(".message") ?? null;
    if (focused !== null && this.#root.contains(focused)) this.#offer(focused);
    else this.#bar.hidden = true;
  }

  /**
   * @param {HTMLElement} menu
   * @param {MessageRow} row
   */
  #prepare(menu, row) {
    const changeable = row.own && row.entry === null;
    find(menu, "[data-action=edit]").hidden = !changeable;
    find(menu, "[data-action=delete]").hidden = !changeable;
    find(menu, "[data-action=report]").hidden = row.own;
  }

  /** @param {EventTarget | null} target */
  #focused(target) {
    const node = target instanceof Element ? target.closest(".message") : null;
    if (!(node instanceof HTMLElement)) return;
    for (const other of this.#root.querySelectorAll(".message[tabindex='0']")) other.setAttribute("tabindex", "-1");
    node.tabIndex = 0;
    this.#offer(node);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const node = event.target instanceof Element ? event.target.closest(".message") : null;
    const row = node === null ? null : this.#rows.rowAt(node);
    if (node === null || row === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = this.#neighbour(node, event.key);
    if (next !== null) next.focus();
    else if (event.target === node && event.key === "e" && row.own) this.#do("edit", row);
    else if (event.target === node && event.key === "Delete" && row.own) this.#do("delete", row);
    else return;
    event.preventDefault();
  }

  /**
   * @param {Element} node
   * @param {string} key
   * @returns {HTMLElement | null}
   */
  #neighbour(node, key) {
    const rows = /** @type {HTMLElement[]} */ ([...this.#root.querySelectorAll(".message")]);
    const index = rows.indexOf(/** @type {HTMLElement} */ (node));
    if (key === "ArrowUp") return rows[index - 1] ?? null;
    if (key === "ArrowDown") return rows[index + 1] ?? null;
    if (key === "Home") return rows[0] ?? null;
    if (key === "End") return rows[rows.length - 1] ?? null;
    return null;
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    const row = button === null ? null : this.#rows.rowAt(button);
    if (button === null || row === null) return;
    if (button.matches("[data-retry]")) this.#do("retry", row);
    else if (button.matches("[data-discard]")) this.#do("discard", row);
    else if (button.dataset.action !== undefined) this.#do(/** @type {Action} */ (button.dataset.action), row);
  }

  /** @param {MouseEvent} event */
  #chosen(event) {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    this.#sheet.hidePopover();
    if (button?.dataset.action !== undefined && this.#target !== null) {
      this.#do(/** @type {Action} */ (button.dataset.action), this.#target);
    }
  }

  /** @param {PointerEvent} event */
  #pressed(event) {
    clearTimeout(this.#press);
    const target = event.target instanceof Element ? event.target : null;
    if (event.pointerType !== "touch" || target === null || target.closest("a, button") !== null) return;
    const row = this.#rows.rowAt(target);
    if (row === null || row.id === null || row.status === "deleted") return;
    this.#pressedAt = { x: event.clientX, y: event.clientY };
    this.#press = setTimeout(() => this.#openSheet(row), LONG_PRESS_MS);
  }

  /** @param {PointerEvent} event */
  #dragged({ clientX, clientY }) {
    const { x, y } = this.#pressedAt;
    if (Math.hypot(clientX - x, clientY - y) > SLOP_PX) clearTimeout(this.#press);
  }

  /** @param {MessageRow} row */
  #openSheet(row) {
    this.#target = row;
    this.#prepare(this.#sheet, row);
    this.#sheet.showPopover();
  }

  /**
   * @param {Action} action
   * @param {MessageRow} row
   */
  #do(action, row) {
    this.#does(action, row);
  }
}
