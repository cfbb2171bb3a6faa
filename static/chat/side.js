/**
 * The rooms at the side: live, searchable, in an order that does not change under the
 * pointer. Works on the rows the server wrote.
 */

import { find, findAs, fromTemplate, setText } from "./dom.js";
import { inOrder, matches, unreadOf } from "./room-items.js";

/** @import { RoomItem } from "./types.d.ts" */

export class Side {
  #root;
  #list;
  #search;
  #roomUrl;
  /** @type {string | null} */
  #here;
  /** @type {readonly RoomItem[]} */
  #items = [];

  /**
   * @param {HTMLElement} root
   * @param {(slug: string) => string} roomUrl
   * @param {string | null} here The slug of the room on this page.
   */
  constructor(root, roomUrl, here) {
    this.#root = root;
    this.#roomUrl = roomUrl;
    this.#here = here;
    this.#list = find(root, "[data-room-list]");
    this.#search = findAs(root, "[data-room-search]", HTMLInputElement);
    this.#search.addEventListener("input", () => this.#draw());
    this.#search.addEventListener("keydown", (event) => this.#key(event));
    this.#list.addEventListener("pointerleave", () => this.#draw());
    this.#list.addEventListener("focusout", () => queueMicrotask(() => this.#draw()));
  }

  /** @param {readonly RoomItem[]} items */
  show(items) {
    this.#items = items;
    this.#draw();
  }

  #draw() {
    const query = this.#search.value.trim();
    const found = inOrder(this.#items).filter((item) => query === "" || matches(item, query));
    const nodes = found.map((item) => this.#node(item));
    // Nothing moves under a pointer or away from the focus; it is put in order when they have left.
    const held = this.#list.matches(":hover, :focus-within") && nodes.length === this.#list.childElementCount;
    if (!held) place(this.#list, nodes);
    find(this.#root, "[data-room-list-empty]").hidden = this.#items.length > 0;
    find(this.#root, "[data-room-list-none]").hidden = this.#items.length === 0 || found.length > 0;
  }

  /**
   * @param {RoomItem} item
   * @returns {HTMLElement} The room's row, up to date.
   */
  #node(item) {
    const node = this.#rowOf(item.slug);
    const unread = unreadOf(item);
    const link = findAs(node, ".room-item__link", HTMLAnchorElement);
    link.href = this.#roomUrl(item.slug);
    if (item.slug === this.#here) link.setAttribute("aria-current", "page");
    find(node, ".room-item__icon").dataset.visibility = item.visibility;
    setText(find(node, ".room-item__name"), item.name);
    node.toggleAttribute("data-unread", unread > 0);
    node.toggleAttribute("data-archived", item.archived);
    find(node, "[data-field=unread]").hidden = unread === 0;
    setText(find(node, "[data-field=count]"), shortCount(unread));
    return node;
  }

  /** @param {string} slug */
  #rowOf(slug) {
    const held = [...this.#list.children].find((child) => /** @type {HTMLElement} */ (child).dataset.slug === slug);
    const node = held instanceof HTMLElement ? held : fromTemplate("room-item-template");
    node.dataset.slug = slug;
    return node;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "Escape" && this.#search.value !== "") {
      event.preventDefault();
      this.#search.value = "";
      this.#draw();
    } else if (event.key === "Enter" && this.#search.value.trim() !== "") {
      this.#list.querySelector("a")?.click();
    }
  }
}

/** @param {number} count */
export function shortCount(count) {
  return count > 99 ? "99+" : String(count);
}

/**
 * @param {HTMLElement} list
 * @param {HTMLElement[]} nodes
 */
function place(list, nodes) {
  for (const child of [...list.children]) {
    if (!nodes.includes(/** @type {HTMLElement} */ (child))) child.remove();
  }
  nodes.forEach((node, index) => {
    if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
  });
}
