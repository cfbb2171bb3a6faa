/**
 * A list of rooms kept equal to what is known of them: rows the server wrote or fresh
 * copies of a template, found by their slug, and in an order that does not change
 * under the pointer or the focus.
 */

import { fromTemplate } from "./dom.js";

/** @import { RoomItem } from "./types.d.ts" */

export class RoomRows {
  #list;
  #template;
  #draw;

  /**
   * @param {HTMLElement} list
   * @param {string} template Id of the <template> of a row.
   * @param {(node: HTMLElement, item: RoomItem) => void} draw
   */
  constructor(list, template, draw) {
    this.#list = list;
    this.#template = template;
    this.#draw = draw;
  }

  /** @param {readonly RoomItem[]} items In order. */
  show(items) {
    const nodes = items.map((item) => this.#node(item));
    const held = this.#list.matches(":hover, :focus-within") && nodes.length === this.#list.childElementCount;
    if (!held) this.#place(nodes);
  }

  /**
   * @param {RoomItem} item
   * @returns {HTMLElement} The room's row, up to date.
   */
  #node(item) {
    const held = [...this.#list.children].find((child) => /** @type {HTMLElement} */ (child).dataset.slug === item.slug);
    const node = held instanceof HTMLElement ? held : fromTemplate(this.#template);
    node.dataset.slug = item.slug;
    this.#draw(node, item);
    return node;
  }

  /** @param {HTMLElement[]} nodes */
  #place(nodes) {
    for (const child of [...this.#list.children]) {
      if (!nodes.includes(/** @type {HTMLElement} */ (child))) child.remove();
    }
    nodes.forEach((node, index) => {
      if (this.#list.children[index] !== node) this.#list.insertBefore(node, this.#list.children[index] ?? null);
    });
  }
}
