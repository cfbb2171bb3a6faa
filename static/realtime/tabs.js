/**
 * The other tabs of this user: a way to tell them something, and to learn that
 * one of them is gone.
 *
 * Each tab holds a Web Lock named after itself for as long as it lives, and waits
 * for the locks of all others. The browser frees a lock when its tab ends, however
 * it ends, and hands it to one waiter after the other; so nobody polls, and no
 * two ever clear up behind the same tab at once.
 */

/** @import { Channel } from "./types.d.ts" */

/**
 * @typedef {object} TabsEvents
 * @property {(id: string) => Promise<void>} gone That tab has ended. Nobody else is told until this is done.
 * @property {(message: any) => void} heard
 */

export class Tabs {
  #locks;
  #channel;
  #prefix;
  #events;
  #leaving = new AbortController();
  /** @type {Set<string>} */
  #watched = new Set();
  #onMessage = (/** @type {Event} */ event) => this.#hear(/** @type {MessageEvent} */ (event));

  /**
   * @param {object} options
   * @param {string} options.name Tabs of one name know each other.
   * @param {string} options.id This tab's own.
   * @param {LockManager} options.locks
   * @param {Channel} options.channel
   * @param {TabsEvents} options.events
   */
  constructor({ name, id, locks, channel, events }) {
    this.id = id;
    this.#locks = locks;
    this.#channel = channel;
    this.#prefix = `${name}:`;
    this.#events = events;
    channel.addEventListener("message", this.#onMessage);
  }

  /** Begins to be there. Nothing may be owned under this tab's id before that. */
  async join() {
    await this.#lockOwn();
    const { held = [] } = await this.#locks.query();
    for (const { name } of held) {
      if (name?.startsWith(this.#prefix)) this.watch(name.slice(this.#prefix.length));
    }
    this.tell({ type: "here" });
  }

  /**
   * Wait for the end of that tab; if it has ended already, `gone` follows soon.
   *
   * @param {string} id
   */
  watch(id) {
    if (id === this.id || this.#watched.has(id) || this.#leaving.signal.aborted) return;
    this.#watched.add(id);
    this.#locks
      .request(this.#prefix + id, { signal: this.#leaving.signal }, () => this.#events.gone(id))
      .catch(() => undefined) // We left, or gone() failed: then the next waiter does it.
      .finally(() => this.#watched.delete(id));
  }

  /** @param {{ type: string, [field: string]: unknown }} message */
  tell(message) {
    if (!this.#leaving.signal.aborted) this.#channel.postMessage({ ...message, from: this.id });
  }

  leave() {
    this.#leaving.abort();
    this.#channel.removeEventListener("message", this.#onMessage);
    this.#channel.close();
  }

  /** @returns {Promise<void>} Resolves once this tab holds its lock; it keeps it until it leaves. */
  #lockOwn() {
    const { signal } = this.#leaving;
    return new Promise((resolve, reject) => {
      const left = new Promise((leave) => signal.addEventListener("abort", leave, { once: true }));
      const held = () => (resolve(), left);
      this.#locks.request(this.#prefix + this.id, { signal }, held).catch(reject);
    });
  }

  /** @param {MessageEvent} event */
  #hear({ data }) {
    if (typeof data?.from !== "string") return;
    this.watch(data.from);
    this.#events.heard(data);
  }
}
