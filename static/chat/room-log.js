/**
 * All that is known of one room, and which part of it is looked at: the newest
 * messages, or those around an old one. Fed by the room's topic, by pages of history
 * and by the outbox. Knows no element of the page.
 */

import { Emitter } from "../realtime/emitter.js";
import {
  applyEvent, applyHistory, applyRead, applySnapshot, latestSpan, messagesIn, newerThan, olderThan, spanAround,
} from "../realtime/merge.js";
import { carried, planted } from "./room-state.js";

/** @import { Client, Entry, HistoryPage, HistoryQuery, Me, Message, Room, RoomState, Span } from "../realtime/types.d.ts" */
/** @import { RoomSeed } from "./types.d.ts" */

/** When so many are held while only the newest are looked at, the oldest are let go; history brings them back. */
const HELD_MAX = 3000;
const HELD_AFTER = 500;
/** Asked as "before", the newest page. */
const END = Number.MAX_SAFE_INTEGER;

/** @typedef {"idle" | "busy" | "failed"} Loading */
/** joined: the room's topic is there, for the first time or again. @typedef {{ change: null, event: { event: string, data: any }, joined: null, recovered: { count: number }, ended: { code: string, message: string } }} RoomLogEvents */

/** @extends {Emitter<RoomLogEvents>} */
export class RoomLog extends Emitter {
  /** @type {Loading} */
  older = "idle";
  /** @type {Loading} */
  newer = "idle";
  /** Why the room is no longer ours to see; null while it is. @type {{ code: string, message: string } | null} */
  ended = null;

  #client;
  #topic;
  #history;
  #subscription;
  #epoch;
  #state;
  /** What replaces #state once the messages looked at are loaded again. @type {RoomState | null} */
  #next = null;
  /** A message among those looked at; null: the newest are. @type {Message | null} */
  #place = null;

  /**
   * @param {object} parts
   * @param {Client} parts.client
   * @param {RoomSeed} parts.seed
   * @param {(query: HistoryQuery) => Promise<HistoryPage>} parts.history
   */
  constructor({ client, seed, history }) {
    super();
    this.#client = client;
    this.#history = history;
    this.#topic = `chat/${seed.room.slug}`;
    this.#epoch = seed.epoch;
    this.#state = planted(seed);
    if (seed.has_newer) this.#place = seed.messages.find(({ id }) => id === seed.message) ?? null;
    this.#subscription = client.subscribe(this.#topic);
    this.#listen();
  }

  /** @returns {Room} */
  get room() {
    return /** @type {Room} */ (this.#state.room);
  }

  /** @returns {Me} */
  get me() {
    return /** @type {Me} */ (this.#state.me);
  }

  /** The highest post_no known of. */
  get lastNo() {
    return this.#state.lastNo;
  }

  /** Those looked at, oldest first. */
  get messages() {
    return messagesIn(this.#state, this.#span);
  }

  /** @returns {Entry[]} */
  get entries() {
    return this.#client.outbox.entries(this.#topic);
  }

  get hasOlder() {
    return this.#span === null || olderThan(this.#span) !== null;
  }

  /** Whether there are newer ones than those looked at. */
  get hasNewer() {
    return this.#span === null || newerThan(this.#span) !== null;
  }

  /** @returns {Promise<void>} */
  async loadOlder() {
    const query = this.#span === null ? null : olderThan(this.#span);
    if (query !== null) await this.#load("older", query);
  }

  /** @returns {Promise<void>} */
  async loadNewer() {
    const query = this.#span === null ? null : newerThan(this.#span);
    if (query !== null) await this.#load("newer", query);
  }

  /** Look at the newest. */
  async lookAtLatest() {
    if (latestSpan(this.#state) !== null) {
      this.#lookAt(null);
      return;
    }
    const page = await this.#history({ before: END });
    this.#change(applyHistory(this.#state, page, { before: END }));
    this.#lookAt(page.results[0] ?? null);
  }

  /** Let go of what is far above the newest, if that is much. */
  trim() {
    const { messages } = this.#state;
    if (this.#place !== null || messages.length <= HELD_MAX) return;
    const kept = messages.slice(-HELD_AFTER);
    this.#change({ ...this.#state, messages: kept, spans: [{ from: kept[0].posted_seq, to: Infinity }] });
  }

  /** @param {number} no Everything up to this post_no was seen. */
  async markRead(no) {
    await this.#client.request(this.#topic, "read", { no });
    this.#change(applyRead(this.#state, no));
  }

  /** @param {string} text */
  post(text) {
    return this.#client.post(this.#topic, "message.post", { text });
  }

  /**
   * @param {number} id
   * @param {string} text
   */
  edit(id, text) {
    return this.#client.post(this.#topic, "message.edit", { id, text });
  }

  /** @param {number} id */
  delete(id) {
    return this.#client.post(this.#topic, "message.delete", { id });
  }

  /** @param {boolean} active */
  typing(active) {
    this.#client.send(this.#topic, "typing", { active });
  }

  /** After it ended: ask again, as after joining. */
  retry() {
    this.ended = null;
    this.#subscription.retry();
    this.emit("change", null);
  }

  /** @returns {Span | null} */
  get #span() {
    return this.#place === null ? latestSpan(this.#state) : spanAround(this.#state, this.#place.posted_seq);
  }

  #listen() {
    const room = this.#subscription;
    room.addEventListener("snapshot", ({ detail }) => {
      void this.#replace(detail);
      this.emit("joined", null);
    });
    room.addEventListener("event", ({ detail }) => this.#apply(detail));
    room.addEventListener("recovered", ({ detail }) => {
      this.emit("recovered", detail);
      this.emit("joined", null);
    });
    room.addEventListener("unsubscribed", ({ detail }) => this.#end(detail));
    room.addEventListener("error", ({ detail }) => {
      if (detail.final) this.#end(detail.error);
    });
    this.#client.outbox.addEventListener("change", () => this.emit("change", null));
  }

  /** @param {{ event: string, data: any, seq: number | null }} detail */
  #apply(detail) {
    if (this.#next !== null) this.#next = applyEvent(this.#next, detail);
    this.#change(applyEvent(this.#state, detail));
    this.emit("event", detail);
  }

  /** @param {{ snapshot: any, seq: number | null, epoch: string | null }} detail */
  async #replace(detail) {
    this.ended = null;
    const unchanged = detail.epoch === this.#epoch && detail.seq === this.#state.seq;
    this.#epoch = detail.epoch ?? "";
    const fresh = applySnapshot(detail);
    if (unchanged || this.#place === null) {
      this.#change(unchanged ? carried(this.#state, fresh) : fresh);
      return;
    }
    // What is being read stays in view until it has been read again.
    this.#next = fresh;
    const { id } = this.#place;
    const page = await this.#history({ around: id }).catch(() => null);
    const next = this.#next ?? fresh;
    this.#next = null;
    if (page === null) this.#place = null;
    this.#change(page === null ? next : applyHistory(next, page, { around: id }));
  }

  /**
   * @param {"older" | "newer"} direction
   * @param {HistoryQuery} query
   */
  async #load(direction, query) {
    if (this[direction] === "busy") return;
    this[direction] = "busy";
    this.emit("change", null);
    try {
      const page = await this.#history(query);
      this[direction] = "idle";
      this.#change(applyHistory(this.#state, page, query));
    } catch {
      this[direction] = "failed";
      this.emit("change", null);
    }
  }

  /** @param {Message | null} place */
  #lookAt(place) {
    this.#place = place;
    this.older = "idle";
    this.newer = "idle";
    this.emit("change", null);
  }

  /** @param {RoomState} state */
  #change(state) {
    this.#state = state;
    if (this.#place !== null && this.#span?.to === Infinity) this.#place = null;
    this.emit("change", null);
  }

  /** @param {{ code: string, message: string }} why */
  #end({ code, message }) {
    this.ended = { code, message };
    this.emit("ended", this.ended);
    this.emit("change", null);
  }
}
