/**
 * The people of a room as the panel needs them: members from the API, who is here from
 * the room's presence, and when the others were last seen. Without a DOM.
 */

import { Emitter } from "../realtime/emitter.js";
import { groupsOf } from "./people-groups.js";

/** @import { Clock } from "../realtime/types.d.ts" */
/** @import { RoomPresence, Told } from "../presence/room-presence.js" */
/** @import { Group, Me, Member } from "./people-groups.js" */

/** What asks: static/chat/api.js. @typedef {object} Asks
 * @property {(slug: string) => Promise<{ results: Member[] }>} members
 * @property {(ids: number[]) => Promise<{ id: number, last_seen_at: string | null }[]>} seen
 */

/** How long a room of five hundred gives itself to ask for its members again. */
const RELOAD_MIN_MS = 1_000;
const RELOAD_SPREAD_MS = 3_000;

/** @extends {Emitter<{ change: null }>} */
export class People extends Emitter {
  /** @type {"closed" | "loading" | "ready" | "failed"} */
  state = "closed";
  #presence;
  #api;
  #slug;
  #me;
  #clock;
  #random;
  /** @type {readonly Member[] | null} */
  #members = null;
  /** @type {Map<number, number>} */
  #seen = new Map();
  #loading = false;
  #stale = false;
  /** @type {unknown} */
  #timer = null;

  /**
   * @param {object} parts
   * @param {RoomPresence} parts.presence
   * @param {Asks} parts.api
   * @param {string} parts.slug
   * @param {() => Me} parts.me
   * @param {Clock} parts.clock
   * @param {() => number} [parts.random]
   */
  constructor({ presence, api, slug, me, clock, random = Math.random }) {
    super();
    this.#presence = presence;
    this.#api = api;
    this.#slug = slug;
    this.#me = me;
    this.#clock = clock;
    this.#random = random;
    presence.addEventListener("change", ({ detail }) => this.#told(detail));
  }

  /** How many are here; null where that is not known. */
  get count() {
    return this.#presence.roster?.count ?? null;
  }

  /** Whether there are too many to be listed. */
  get isLarge() {
    return this.#presence.roster !== null && this.#presence.roster.users === null;
  }

  /** @returns {Group[]} None while nothing is known, or too many are here. */
  get groups() {
    const { roster } = this.#presence;
    if (this.#members === null || roster === null || roster.users === null) return [];
    return groupsOf(this.#members, roster.users, this.#seen, this.#me());
  }

  /** Somebody wants to see them. */
  open() {
    if (this.#members === null) void this.#load();
  }

  /** The members are others than before, or have other roles: asked for again, not at the same time by everybody. */
  changed() {
    if (this.state === "closed" || this.#timer !== null) return;
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = null;
      void this.#load();
    }, RELOAD_MIN_MS + this.#random() * RELOAD_SPREAD_MS);
  }

  async #load() {
    this.#stale = this.#loading;
    if (this.#loading) return;
    this.#loading = true;
    if (this.#members === null) this.#set("loading");
    try {
      this.#members = (await this.#api.members(this.#slug)).results;
      this.#set("ready");
      const here = this.#presence.roster?.users ?? new Map();
      const unknown = this.#members.map(({ id }) => id).filter((id) => !here.has(id) && !this.#seen.has(id));
      await this.#ask(unknown);
    } catch {
      // What was shown before is better than nothing.
      if (this.#members === null) this.#set("failed");
    } finally {
      this.#loading = false;
      if (this.#stale) void this.#load();
    }
  }

  /** @param {Told} told */
  #told({ left, missing }) {
    for (const id of left) this.#seen.set(id, this.#clock.now());
    for (const id of missing) this.#seen.delete(id);
    if (missing.length > 0 && this.#members !== null) this.#ask([...missing]).catch(() => {});
    this.emit("change", null);
  }

  /** @param {number[]} ids Of whom it is not known when they were last seen. */
  async #ask(ids) {
    if (ids.length === 0) return;
    for (const { id, last_seen_at: at } of await this.#api.seen(ids)) {
      if (at !== null) this.#seen.set(id, Date.parse(at));
    }
    this.emit("change", null);
  }

  /** @param {People["state"]} state */
  #set(state) {
    this.state = state;
    this.emit("change", null);
  }
}
