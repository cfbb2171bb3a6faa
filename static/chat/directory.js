/**
 * The page's list of all rooms: one's own, live, then those one could join. Search
 * narrows both.
 */

import { find, findAs, setText } from "./dom.js";
import { inOrder, matches, shortCount, unreadOf } from "./room-items.js";
import { RoomRows } from "./room-rows.js";

/** @import { RoomItem } from "./types.d.ts" */
/** @import { TimeWords } from "./time.js" */

export class Directory {
  #root;
  #own;
  #others;
  #search;
  #roomUrl;
  #words;
  /** @type {readonly RoomItem[]} */
  #items = [];

  /**
   * @param {HTMLElement} root
   * @param {(slug: string) => string} roomUrl
   * @param {TimeWords} words
   */
  constructor(root, roomUrl, words) {
    this.#root = root;
    this.#roomUrl = roomUrl;
    this.#words = words;
    this.#own = new RoomRows(find(root, "[data-directory-mine]"), "directory-item-template", (node, item) => this.#drawRow(node, item));
    this.#others = find(root, "[data-directory-others]");
    this.#search = findAs(root, "[data-directory-search]", HTMLInputElement);
    this.#search.addEventListener("input", () => this.#draw());
  }

  /** @param {readonly RoomItem[]} items One's own rooms. */
  show(items) {
    this.#items = items;
    this.#draw();
  }

  #draw() {
    const query = this.#search.value.trim();
    const own = inOrder(this.#items).filter((item) => query === "" || matches(item, query));
    this.#own.show(own);
    const others = this.#narrowOthers(query);
    find(this.#root, "[data-directory-part=mine]").hidden = own.length === 0;
    find(this.#root, "[data-directory-part=others]").hidden = others === 0;
    const nothing = own.length + others === 0;
    find(this.#root, "[data-directory-none]").hidden = !nothing || query === "";
    find(this.#root, "[data-directory-empty]").hidden = !nothing || query !== "";
  }

  /**
   * @param {string} query
   * @returns {number} How many are shown.
   */
  #narrowOthers(query) {
    const rows = /** @type {HTMLElement[]} */ ([...this.#others.children]);
    const joined = new Set(this.#items.map(({ slug }) => slug));
    for (const row of rows) {
      const item = { name: find(row, "[data-field=name]").innerText, topic: find(row, "[data-field=topic]").innerText };
      row.hidden = joined.has(row.dataset.slug ?? "") || (query !== "" && !matches(item, query));
    }
    return rows.filter((row) => !row.hidden).length;
  }

  /**
   * @param {HTMLElement} node
   * @param {RoomItem} item
   */
  #drawRow(node, item) {
    const unread = unreadOf(item);
    const name = findAs(node, "[data-field=name]", HTMLAnchorElement);
    name.href = this.#roomUrl(item.slug);
    setText(name, item.name);
    setText(find(node, "[data-field=topic]"), item.topic);
    find(node, ".directory-item__icon").dataset.visibility = item.visibility;
    find(node, "[data-field=archived]").hidden = !item.archived;
    node.toggleAttribute("data-unread", unread > 0);
    find(node, "[data-field=unread]").hidden = unread === 0;
    setText(find(node, "[data-field=count]"), shortCount(unread));
    this.#drawTime(findAs(node, "[data-field=last]", HTMLTimeElement), item.last_at);
  }

  /**
   * @param {HTMLTimeElement} time
   * @param {string | null} at When somebody last wrote.
   */
  #drawTime(time, at) {
    time.dateTime = at ?? "";
    setText(time, at === null ? "" : this.#words.brief(Date.parse(at), Date.now()));
  }
}
