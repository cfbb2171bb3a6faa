/**
 * The user's own rooms, live: the topic `user/me` merged, for the side, the title and
 * the page of all rooms.
 */

import { Emitter } from "../realtime/emitter.js";
import { applyReadToItems, applyToItems, unreadOfAll } from "./room-items.js";

/** @import { Client } from "../realtime/types.d.ts" */
/** @import { RoomItem } from "./types.d.ts" */

/** @extends {Emitter<{ change: readonly RoomItem[], told: { event: string, data: any } }>} */
export class OwnRooms extends Emitter {
  /** @type {readonly RoomItem[]} */
  items;
  /** How far each room was read here; what the server tells may be older. @type {Map<string, number>} */
  #read = new Map();

  /**
   * @param {Client} client
   * @param {readonly RoomItem[]} items As the server wrote them.
   */
  constructor(client, items) {
    super();
    this.items = items;
    const own = client.subscribe("user/me");
    own.addEventListener("snapshot", ({ detail }) => this.#set(applyToItems(this.items, { event: "snapshot", data: detail.snapshot })));
    own.addEventListener("event", ({ detail }) => {
      this.#set(applyToItems(this.items, detail));
      this.emit("told", detail);
    });
  }

  get unread() {
    return unreadOfAll(this.items);
  }

  /**
   * Seen here, before the server says so.
   *
   * @param {string} slug
   * @param {number} no
   */
  read(slug, no) {
    this.#read.set(slug, no);
    this.#set(this.items);
  }

  /** @param {readonly RoomItem[]} items */
  #set(items) {
    this.items = [...this.#read].reduce((all, [slug, no]) => applyReadToItems(all, slug, no), items);
    this.emit("change", this.items);
  }
}
