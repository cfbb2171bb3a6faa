/**
 * What the user wants done and the server has not confirmed: kept until it has,
 * over reloads and closed tabs, and shown alike in all tabs of the user.
 *
 * Each entry belongs to one tab, which alone sends it (sender.js). Where entries
 * are kept, and whose they become when a tab ends, is vault.js's affair.
 */

import { Emitter } from "./emitter.js";
import { randomKey } from "./keys.js";
import { byOrder, fromRow, isWaiting, toEntry, toRow } from "./outbox-item.js";

/** @import { Adoption, ClientError, Clock, Entry, OutboxEvents, OutboxRow } from "./types.d.ts" */
/** @import { Outbox as OutboxShape } from "./types.d.ts" */
/** @import { Item } from "./outbox-item.js" */
/** @import { Vault, VaultEvents } from "./vault.js" */

/**
 * @typedef {object} Work
 * @property {(topic: string) => void} there There is something to send.
 * @property {(topic: string) => void} again The user wants what failed to be tried again.
 */

/**
 * The methods under "for Sender" and "for RealtimeClient" are not for pages.
 *
 * @implements {OutboxShape}
 * @extends {Emitter<OutboxEvents>}
 */
export class Outbox extends Emitter {
  #user;
  #clock;
  #vault;
  #work;
  /** @type {Map<string, Item>} */
  #items = new Map();
  /** Nothing is sent before what an earlier page left is known: it goes first. */
  #ready = false;
  #lastOrder = 0;
  /** What other tabs told before. @type {any[]} */
  #unheard = [];

  /**
   * @param {object} options
   * @param {string} options.user
   * @param {Clock} options.clock
   * @param {(events: VaultEvents) => Vault} options.vault
   * @param {Work} options.work
   */
  constructor({ user, clock, vault, work }) {
    super();
    this.#user = user;
    this.#clock = clock;
    this.#work = work;
    this.#vault = vault({
      adopted: (from, adoption) => this.#adopted(from, adoption),
      heard: (message) => (this.#ready ? this.#heard(message) : void this.#unheard.push(message)),
      failed: () => this.emit("change", { entry: null, removed: false }),
    });
  }

  get durable() {
    return this.#vault.durable;
  }

  get waiting() {
    return [...this.#items.values()].filter(isWaiting).length;
  }

  /** @param {string} [topic] */
  entries(topic) {
    return this.#sorted((item) => topic === undefined || item.topic === topic).map((item) => this.#entry(item));
  }

  /** @param {string} key */
  get(key) {
    const item = this.#items.get(key);
    return item === undefined ? null : this.#entry(item);
  }

  /** @param {string} key */
  retry(key) {
    const item = this.#items.get(key);
    if (item === undefined || item.state !== "failed") return;
    if (!this.#isMine(item)) return this.#vault.tell({ type: "retry", key });
    this.#change(key, { state: "pending", error: null });
    this.#work.again(item.topic);
  }

  /** @param {string} key */
  discard(key) {
    const item = this.#items.get(key);
    if (item === undefined) return;
    if (!this.#isMine(item)) return this.#vault.tell({ type: "discard", key });
    this.#remove(item);
    this.#work.there(item.topic);
  }

  // ---- for RealtimeClient -------------------------------------------------------

  /** Shows what earlier pages left, and begins to send. */
  async open() {
    const rows = await this.#vault.open();
    if (rows === null) return;
    this.#queueUp(rows);
    for (const row of rows.filter(({ key }) => !this.#items.has(key))) this.#put(fromRow(row));
    this.#ready = true;
    for (const message of this.#unheard.splice(0)) this.#heard(message);
    this.emit("change", { entry: null, removed: false });
    for (const topic of this.topics()) this.#work.there(topic);
  }

  /** What is stored stays there for another tab, or for the next `open()`. */
  close() {
    if (this.#ready && this.durable) this.#items.clear();
    this.#ready = false;
    this.#vault.close();
    this.emit("change", { entry: null, removed: false });
  }

  /**
   * @param {string} topic
   * @param {string} event
   * @param {unknown} data Taken as it is now; changing it later changes nothing here.
   * @returns {Entry} As it stands after a first attempt to send it.
   */
  add(topic, event, data) {
    const now = this.#clock.now();
    this.#lastOrder = Math.max(now, this.#lastOrder + 1);
    const key = randomKey();
    this.#put({
      key,
      user: this.#user,
      owner: this.#vault.id,
      topic,
      event,
      data: JSON.parse(JSON.stringify(data)),
      state: "pending",
      error: null,
      order: this.#lastOrder,
      createdAt: now,
      retryAt: null,
      reply: null,
    });
    this.#change(key, {});
    const entry = /** @type {Entry} */ (this.get(key));
    this.#work.there(topic);
    return this.get(key) ?? entry;
  }

  /**
   * An event with this key has been seen: whatever we know of it, it is done.
   *
   * @param {unknown} key
   */
  arrived(key) {
    const item = typeof key === "string" ? this.#items.get(key) : undefined;
    if (item === undefined || !this.#isMine(item)) return;
    this.#remove(item);
    if (item.state !== "sent") this.emit("settled", { entry: this.#entry(item), reply: null });
  }

  /**
   * Everything up to this seq is on the page, so nothing sent has to stand in for it.
   *
   * @param {string} topic
   * @param {number} seq
   */
  reached(topic, seq) {
    for (const item of [...this.#items.values()]) {
      const there = item.topic === topic && item.state === "sent" && item.reply.seq <= seq;
      if (there && this.#isMine(item)) this.#remove(item);
    }
  }

  // ---- for Sender ---------------------------------------------------------------

  /** @returns {Set<string>} Topics for which this tab has something to send. */
  topics() {
    return new Set(this.#sorted((item) => this.#isMine(item) && isWaiting(item)).map((item) => item.topic));
  }

  /**
   * @param {string} topic
   * @returns {Entry | null} What is to be sent next, or is out and unanswered.
   */
  head(topic) {
    if (!this.#ready) return null;
    const [first] = this.#sorted((item) => item.topic === topic && this.#isMine(item) && isWaiting(item));
    return first === undefined ? null : this.#entry(first);
  }

  /** @param {string} key */
  sending(key) {
    this.#change(key, { state: "sending", retryAt: null });
  }

  /**
   * @param {string} key
   * @param {number | null} [retryAt]
   */
  pend(key, retryAt = null) {
    this.#change(key, { state: "pending", retryAt });
  }

  /**
   * @param {string} key
   * @param {ClientError} error
   */
  fail(key, { code, message, field }) {
    this.#change(key, { state: "failed", error: { code, message, field }, retryAt: null });
  }

  /**
   * @param {string} key
   * @param {any} reply `duplicate: true` means an earlier attempt had arrived: just as good.
   * @param {number | null} seq How far the page has got in the topic.
   */
  settle(key, reply, seq) {
    const item = this.#items.get(key);
    if (item === undefined) return;
    const ahead = typeof reply?.seq === "number" && reply.seq > (seq ?? 0);
    if (ahead) this.#change(key, { state: "sent", reply, error: null });
    else this.#remove(item);
    this.emit("settled", { entry: this.#entry({ ...item, state: "sent", reply }), reply });
  }

  // ---- one tab among others -----------------------------------------------------

  /**
   * That tab is gone: its entries are ours now, or another tab was quicker, or they are settled.
   *
   * @param {string} from
   * @param {Adoption} adoption
   */
  #adopted(from, { taken, rest }) {
    for (const row of taken) {
      this.#show(fromRow(row));
      this.#vault.tell({ type: "put", item: fromRow(row) });
    }
    const elsewhere = new Map(rest.map((row) => [row.key, row]));
    for (const item of [...this.#items.values()].filter(({ owner }) => owner === from)) {
      const row = elsewhere.get(item.key);
      if (row === undefined) this.#drop(item);
      else this.#show(fromRow(row));
    }
    for (const topic of this.topics()) this.#work.there(topic);
  }

  /** @param {any} message */
  #heard({ type, item, key }) {
    const known = this.#items.get(type === "put" ? item.key : key);
    const mine = known !== undefined && this.#isMine(known);
    if (type === "put" && !mine) this.#show(item);
    else if (type === "remove" && known !== undefined && !mine) this.#drop(known);
    else if (type === "retry" && mine) this.retry(key);
    else if (type === "discard" && mine) this.discard(key);
  }

  /** @param {Item} item */
  #show(item) {
    this.#put(item);
    this.emit("change", { entry: this.#entry(item), removed: false });
  }

  /**
   * What was written before it was known what earlier pages left is ours, and comes after that.
   *
   * @param {OutboxRow[]} rows
   */
  #queueUp(rows) {
    this.#lastOrder = Math.max(this.#lastOrder, ...rows.map((row) => row.order));
    for (const { key } of this.#sorted(() => true)) {
      this.#lastOrder += 1;
      this.#change(key, { owner: this.#vault.id, order: this.#lastOrder });
    }
  }

  // ---- the items ----------------------------------------------------------------

  /** @param {Item} item */
  #put(item) {
    this.#items.set(item.key, Object.freeze(item));
  }

  /**
   * The one way by which an own item becomes another one: here, on disk, in other tabs.
   *
   * @param {string} key
   * @param {Partial<Item>} fields
   */
  #change(key, fields) {
    const before = this.#items.get(key);
    if (before === undefined) return;
    const item = { ...before, ...fields };
    this.#put(item);
    this.#store(before, item);
    this.#vault.tell({ type: "put", item });
    this.emit("change", { entry: this.#entry(item), removed: false });
  }

  /**
   * @param {Item} before
   * @param {Item} item
   */
  #store(before, item) {
    if (item.state === "sent") return this.#vault.remove(item.key);
    // Whether it is out right now means nothing to the next page.
    const brief = before.state !== item.state && isWaiting(before) && isWaiting(item);
    if (!brief) this.#vault.save(toRow(item));
  }

  /** @param {Item} item */
  #remove(item) {
    this.#vault.remove(item.key);
    this.#vault.tell({ type: "remove", key: item.key });
    this.#drop(item);
  }

  /** @param {Item} item */
  #drop(item) {
    this.#items.delete(item.key);
    this.emit("change", { entry: this.#entry(item), removed: true });
  }

  /** @param {Item} item */
  #isMine(item) {
    return item.owner === this.#vault.id;
  }

  /** @param {(item: Item) => boolean} wanted */
  #sorted(wanted) {
    return [...this.#items.values()].filter(wanted).sort(byOrder);
  }

  /**
   * @param {Item} item
   * @returns {Entry}
   */
  #entry(item) {
    return toEntry(item, this.#isMine(item));
  }
}
