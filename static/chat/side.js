/**
 * The rooms at the side: live and searchable.
 */

import { find, findAs, setText } from "./dom.js";
import { fill, ngettext } from "./i18n.js";
import { inOrder, matches, shortCount, unreadOf } from "./room-items.js";
import { RoomRows } from "./room-rows.js";

/** @import { RoomItem } from "./types.d.ts" */

export class Side {
  #root;
  #list;
  #rows;
  #search;
  #roomUrl;
  /** @type {string | null} */
  #here;
  /** @type {readonly RoomItem[]} */
  #items = [];
  /** @type {ReadonlyMap<string, number>} */
  #people = new Map();

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
    this.#rows = new RoomRows(this.#list, "room-item-template", (node, item) => this.#drawRow(node, item));
    this.#search = findAs(root, "[data-room-search]", HTMLInputElement);
    this.#search.addEventListener("input", () => this.#draw());
    this.#search.addEventListener("keydown", (event) => this.#key(event));
    this.#list.addEventListener("pointerleave", () => this.#draw());
    this.#list.addEventListener("focusout", () => queueMicrotask(() => this.#draw()));
  }

  /** @param {ReadonlyMap<string, number>} counts How many are in each room now. */
  people(counts) {
    this.#people = counts;
    this.#draw();
  }

  /** @param {readonly RoomItem[]} items */
  show(items) {
    this.#items = items;
    this.#draw();
  }

  #draw() {
    const query = this.#search.value.trim();
    const found = inOrder(this.#items).filter((item) => query === "" || matches(item, query));
    this.#rows.show(found);
    find(this.#root, "[data-room-list-empty]").hidden = this.#items.length > 0;
    find(this.#root, "[data-room-list-none]").hidden = this.#items.length === 0 || found.length > 0;
  }

  /**
   * @param {HTMLElement} node
   * @param {RoomItem} item
   */
  #drawRow(node, item) {
    const unread = unreadOf(item);
    const link = findAs(node, ".room-item__link", HTMLAnchorElement);
    link.href = this.#roomUrl(item.slug);
    if (item.slug === this.#here) link.setAttribute("aria-current", "page");
    find(node, ".room-item__icon").dataset.visibility = item.visibility;
    setText(find(node, ".room-item__name"), item.name);
    node.toggleAttribute("data-unread", unread > 0);
    node.toggleAttribute("data-archived", item.archived);
    this.#drawPeople(find(node, "[data-field=people]"), this.#people.get(item.slug) ?? 0);
    find(node, "[data-field=unread]").hidden = unread === 0;
    setText(find(node, "[data-field=count]"), shortCount(unread));
  }

  /**
   * @param {HTMLElement} node
   * @param {number} count
   */
  #drawPeople(node, count) {
    node.hidden = count === 0;
    setText(find(node, "[data-field=here]"), shortCount(count));
    node.title = fill(ngettext("%(count)s person here", "%(count)s people here", count), { count });
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
