/**
 * The outbox's home: a store that outlives the tab together with the other tabs
 * that share it, or this tab's memory when either is missing or fails. A private
 * window or a full disk must not keep anybody from writing.
 *
 * Rows of other users are neither read nor adopted.
 */

import { randomKey } from "./keys.js";
import { MemoryStore } from "./outbox-store.js";
import { Tabs } from "./tabs.js";

/** @import { Adoption, Channel, Clock, OutboxRow, OutboxStore } from "./types.d.ts" */

/** Some browsers leave an IndexedDB request unanswered for ever. */
const OPENING_MS = 3_000;

/**
 * @typedef {object} VaultEvents
 * @property {(from: string, adoption: Adoption) => void} adopted That tab is gone.
 * @property {(message: any) => void} heard What another tab told.
 * @property {() => void} failed From now on entries may live in memory only.
 */

/**
 * @typedef {object} Home
 * @property {OutboxStore} store
 * @property {Tabs | null} tabs
 */

export class Vault {
  #user;
  #clock;
  #openStore;
  #locks;
  #openChannel;
  #events;
  #id = randomKey();
  #durable = true;
  /** @type {Home | null} */
  #home = null;
  /** Settles when all that was written is stored, and told of. */
  #done = Promise.resolve();

  /**
   * @param {object} options
   * @param {string} options.user
   * @param {Clock} options.clock
   * @param {(() => Promise<OutboxStore>) | null} options.openStore
   * @param {LockManager | null} options.locks
   * @param {((name: string) => Channel) | null} options.channel
   * @param {VaultEvents} options.events
   */
  constructor({ user, clock, openStore, locks, channel, events }) {
    this.#user = user;
    this.#clock = clock;
    this.#openStore = openStore;
    this.#locks = locks;
    this.#openChannel = channel;
    this.#events = events;
  }

  /** Who owns what is written here; another one after every `close()`. */
  get id() {
    return this.#id;
  }

  /** Whether what is saved outlives the tab. True until known otherwise. */
  get durable() {
    return this.#durable;
  }

  /** @returns {Promise<OutboxRow[] | null>} All rows of the user; null if it was closed meanwhile. */
  async open() {
    const id = this.#id;
    const opened = await this.#withinLimit(this.#openDurable()).catch(() => null);
    const { rows, ...home } = opened ?? { rows: [], store: new MemoryStore(), tabs: null };
    if (id !== this.#id) {
      leave(home);
      return null;
    }
    this.#home = home;
    this.#durable = opened !== null;
    for (const { owner } of rows) home.tabs?.watch(owner);
    return rows;
  }

  close() {
    if (this.#home !== null) leave(this.#home);
    this.#home = null;
    this.#id = randomKey();
  }

  /** @param {OutboxRow} row */
  save(row) {
    this.#write((store) => store.put(row));
  }

  /** @param {string} key */
  remove(key) {
    // A row that stays is sent again one day, and the server knows its key.
    this.#write((store) => store.remove(key));
  }

  /**
   * Tells the other tabs, after what was written so far is stored: a tab that is just
   * opening then either reads it or hears of it.
   *
   * @param {{ type: string, [field: string]: unknown }} message
   */
  tell(message) {
    const tabs = this.#home?.tabs;
    if (tabs) this.#done = this.#done.then(() => tabs.tell(message));
  }

  /** @param {(store: OutboxStore) => Promise<void>} write */
  #write(write) {
    const home = this.#home;
    if (home === null) return;
    const written = write(home.store).catch(() => this.#failed(home));
    this.#done = this.#done.then(() => written);
  }

  async #openDurable() {
    if (this.#openStore === null || !this.#locks || this.#openChannel === null) throw new Error("Not in this browser.");
    const home = { store: await this.#openStore(), tabs: this.#newTabs(this.#locks, this.#openChannel) };
    try {
      await home.tabs.join();
      return { ...home, rows: await home.store.load(this.#user) };
    } catch (error) {
      leave(home);
      throw error;
    }
  }

  /**
   * @param {LockManager} locks
   * @param {(name: string) => Channel} openChannel
   */
  #newTabs(locks, openChannel) {
    const name = `chorus-outbox:${this.#user}`;
    const events = { gone: (/** @type {string} */ id) => this.#adopt(id), heard: this.#events.heard };
    return new Tabs({ name, id: this.#id, locks, channel: openChannel(name), events });
  }

  /** @param {string} from */
  async #adopt(from) {
    const home = this.#home;
    if (home === null) throw new Error("Closed.");
    const adoption = await home.store.adopt(this.#user, from, this.#id);
    if (home === this.#home) this.#events.adopted(from, adoption);
  }

  /** @param {Home} home */
  #failed(home) {
    if (home !== this.#home) return;
    this.#durable = false;
    this.#events.failed();
  }

  /**
   * @template {Home} Opened
   * @param {Promise<Opened>} opening
   * @returns {Promise<Opened>}
   */
  #withinLimit(opening) {
    return new Promise((resolve, reject) => {
      let late = false;
      const timer = this.#clock.setTimeout(() => {
        late = true;
        reject(new Error("The store did not open."));
      }, OPENING_MS);
      opening
        .then((home) => (late ? leave(home) : resolve(home)), reject)
        .finally(() => this.#clock.clearTimeout(timer));
    });
  }
}

/** @param {Home} home */
function leave({ store, tabs }) {
  tabs?.leave();
  store.close();
}
