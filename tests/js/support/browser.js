/** The parts of a browser that several tabs share, and tabs that can be killed. */

import { IDBFactory } from "fake-indexeddb";

import { RealtimeClient } from "../../../static/realtime/client.js";
import { openStore } from "../../../static/realtime/outbox-store.js";
import { FakeClock, TabClock } from "./clock.js";
import { FakeNetwork } from "./socket.js";

/** @import { Channel, ClientOptions, OutboxStore, Page, WakeKind } from "../../../static/realtime/types.d.ts" */

/** @implements {Page} */
export class FakePage {
  isOnline = true;
  /** @type {Set<(kind: WakeKind) => void>} */
  listeners = new Set();

  online() {
    return this.isOnline;
  }

  /** @param {(kind: WakeKind) => void} wake */
  listen(wake) {
    this.listeners.add(wake);
    return () => void this.listeners.delete(wake);
  }

  /** @param {WakeKind} kind */
  wake(kind) {
    if (kind !== "visible") this.isOnline = kind === "online";
    for (const listener of [...this.listeners]) listener(kind);
  }
}

/** @typedef {{ name: string, tab: object, grant: () => Promise<void>, refuse: (error: Error) => void }} Ask */

/** Web Locks: exclusive ones, granted in the order asked for. */
class FakeLocks {
  /** @type {Map<string, Ask>} */
  held = new Map();
  /** @type {Ask[]} */
  queue = [];

  /**
   * @param {object} tab
   * @returns {any} What that tab sees as navigator.locks.
   */
  of(tab) {
    return {
      request: (/** @type {string} */ name, /** @type {any} */ options, /** @type {() => any} */ held) =>
        this.#request(tab, name, options, held),
      query: async () => ({ held: [...this.held.keys()].map((name) => ({ name })), pending: [] }),
    };
  }

  /** @param {object} tab */
  die(tab) {
    this.queue = this.queue.filter((ask) => ask.tab !== tab);
    for (const [name, ask] of [...this.held]) if (ask.tab === tab) this.#free(name);
  }

  /**
   * @param {object} tab
   * @param {string} name
   * @param {{ signal?: AbortSignal }} options
   * @param {() => any} held
   */
  #request(tab, name, { signal }, held) {
    return new Promise((resolve, reject) => {
      const ask = { name, tab, refuse: reject, grant: async () => resolve(await this.#hold(ask, held)) };
      signal?.addEventListener("abort", () => {
        if (this.held.get(name) === ask) return;
        this.queue = this.queue.filter((each) => each !== ask);
        reject(new Error("AbortError"));
      });
      this.queue.push(ask);
      this.#next(name);
    });
  }

  /**
   * @param {Ask} ask
   * @param {() => any} held
   */
  async #hold(ask, held) {
    try {
      return await held();
    } catch (error) {
      ask.refuse(/** @type {Error} */ (error));
      return undefined;
    } finally {
      if (this.held.get(ask.name) === ask) this.#free(ask.name);
    }
  }

  /** @param {string} name */
  #free(name) {
    this.held.delete(name);
    this.#next(name);
  }

  /** @param {string} name */
  #next(name) {
    const ask = this.queue.find((each) => each.name === name);
    if (ask === undefined || this.held.has(name)) return;
    this.queue.splice(this.queue.indexOf(ask), 1);
    this.held.set(name, ask);
    queueMicrotask(() => void ask.grant());
  }
}

/** @implements {Channel} */
class FakeChannel extends EventTarget {
  /**
   * @param {Set<FakeChannel>} all
   * @param {string} name
   */
  constructor(all, name) {
    super();
    this.all = all;
    this.name = name;
    all.add(this);
  }

  /** @param {unknown} message */
  postMessage(message) {
    if (!this.all.has(this)) return;
    const data = structuredClone(message);
    for (const other of this.all) if (other !== this && other.name === this.name) other.deliver(data);
  }

  /** @param {unknown} data */
  deliver(data) {
    setImmediate(() => this.all.has(this) && this.dispatchEvent(new MessageEvent("message", { data })));
  }

  close() {
    this.all.delete(this);
  }
}

/** One browser: its database, locks and channels, and one clock for everything. */
export class Browser {
  clock = new FakeClock();
  factory = new IDBFactory();
  locks = new FakeLocks();
  /** @type {Set<FakeChannel>} */
  channels = new Set();

  /** @param {Partial<ClientOptions>} [options] */
  tab(options = {}) {
    return new Tab(this, options);
  }
}

/** One tab with one client in it. */
export class Tab {
  network = new FakeNetwork();
  page = new FakePage();
  /** Every "state" event's detail. @type {any[]} */
  states = [];
  /** @type {FakeChannel[]} */
  #channels = [];
  #dead = false;

  /**
   * @param {Browser} browser
   * @param {Partial<ClientOptions>} options
   */
  constructor(browser, options) {
    this.browser = browser;
    this.clock = new TabClock(browser.clock);
    this.client = new RealtimeClient({
      url: "ws://test/ws/",
      userId: 7,
      clock: this.clock,
      random: () => 0.5,
      page: this.page,
      WebSocket: this.network.WebSocket,
      store: this.#store(),
      locks: browser.locks.of(this),
      channel: (name) => this.#channel(name),
      ...options,
    });
    this.client.addEventListener("state", ({ detail }) => this.states.push(detail));
  }

  get socket() {
    return this.network.socket;
  }

  /** Starts, and gets as far as `connected`. */
  async connect() {
    this.client.start();
    await this.browser.clock.advance(0);
    this.socket.greet();
    await this.browser.clock.advance(0);
  }

  /** The tab is gone from one moment to the next: nothing in it runs any more. */
  die() {
    this.#dead = true;
    this.clock.die();
    for (const socket of this.network.sockets) socket.readyState = 3;
    for (const channel of this.#channels) channel.close();
    this.browser.locks.die(this);
  }

  /** @param {string} name */
  #channel(name) {
    const channel = new FakeChannel(this.browser.channels, name);
    this.#channels.push(channel);
    return channel;
  }

  /**
   * A store that opens when it is first used, and does nothing for the dead.
   *
   * @returns {OutboxStore}
   */
  #store() {
    /** @type {Promise<OutboxStore> | null} */
    let opening = null;
    const use = async (/** @type {(store: OutboxStore) => any} */ what) => {
      if (this.#dead) return new Promise(() => undefined);
      opening ??= openStore(this.browser.factory);
      return what(await opening);
    };
    return {
      load: (user) => use((store) => store.load(user)),
      put: (row) => use((store) => store.put(row)),
      remove: (key) => use((store) => store.remove(key)),
      adopt: (user, from, to) => use((store) => store.adopt(user, from, to)),
      close: () => void opening?.then((store) => store.close()).then(() => (opening = null)),
    };
  }
}
