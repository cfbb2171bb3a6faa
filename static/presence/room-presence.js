/**
 * A room's presence, live: being subscribed is being there.
 */

import { Emitter } from "../realtime/emitter.js";
import { merge } from "./roster.js";

/** @import { Client } from "../realtime/types.d.ts" */
/** @import { Roster } from "./types.d.ts" */

/**
 * @typedef {object} Told
 * @property {Roster | null} roster null: one may not see the room any more.
 * @property {readonly number[]} left Who was just told to have left.
 * @property {readonly number[]} missing Who was there and is not any more, since when nobody says.
 */

/** @extends {Emitter<{ change: Told }>} */
export class RoomPresence extends Emitter {
  /** null until the server has said who is there, and when it will not say any more. @type {Roster | null} */
  roster = null;

  /**
   * @param {Client} client
   * @param {string} slug
   */
  constructor(client, slug) {
    super();
    const topic = client.subscribe(`presence/${slug}`);
    topic.addEventListener("snapshot", ({ detail }) => this.#told("snapshot", detail.snapshot));
    topic.addEventListener("event", ({ detail }) => this.#told(detail.event, detail.data));
    topic.addEventListener("unsubscribed", () => this.#end());
    topic.addEventListener("error", ({ detail }) => {
      if (detail.final) this.#end();
    });
  }

  /**
   * @param {string} event
   * @param {any} data
   */
  #told(event, data) {
    const before = this.roster;
    this.roster = merge(before, event, data);
    const { users } = this.roster;
    /** @type {number[]} */
    const left = event === "diff" ? (data.left ?? []) : [];
    const gone = users === null ? [] : [...(before?.users?.keys() ?? [])].filter((id) => !users.has(id));
    const missing = event === "diff" ? [] : gone;
    this.emit("change", { roster: this.roster, left, missing });
  }

  #end() {
    this.roster = null;
    this.emit("change", { roster: null, left: [], missing: [] });
  }
}
