/**
 * One's own presence: what one chose, whether one is at this device, and how many are
 * in the rooms of a list. Asked for now and then, and whenever the page is looked at again.
 */

import { Emitter } from "../realtime/emitter.js";

/** @import { Client, Clock } from "../realtime/types.d.ts" */
/** @import { Choice } from "./types.d.ts" */

const TOPIC = "user/presence";
export const ASK_EVERY_MS = 20_000;
/** As many as the server takes at once. */
const ROOMS_MAX = 100;

/** @extends {Emitter<{ choice: Choice, counts: ReadonlyMap<string, number> }>} */
export class OwnPresence extends Emitter {
  /** @type {Choice | null} */
  choice = null;
  #client;
  #clock;
  #rooms;
  #isSeen;
  #away = false;
  #askedAt = -Infinity;
  /** @type {unknown} */
  #timer = null;

  /**
   * @param {object} parts
   * @param {Client} parts.client
   * @param {Clock} parts.clock
   * @param {() => string[]} parts.rooms The slugs of the list.
   * @param {() => boolean} parts.isSeen Whether anybody looks at the page.
   */
  constructor({ client, clock, rooms, isSeen }) {
    super();
    this.#client = client;
    this.#clock = clock;
    this.#rooms = rooms;
    this.#isSeen = isSeen;
    const topic = client.subscribe(TOPIC);
    topic.addEventListener("snapshot", ({ detail }) => {
      this.#chosen(/** @type {any} */ (detail.snapshot).choice);
      // A new connection: the server takes it for one that is in use.
      if (this.#away) this.#tellAway();
      this.#askedAt = -Infinity;
      this.look();
    });
    topic.addEventListener("event", ({ detail }) => {
      if (detail.event === "choice") this.#chosen(detail.data.choice);
    });
  }

  /**
   * @param {Choice} choice
   * @returns {Promise<void>} Rejects with RealtimeError; then nothing changed.
   */
  async choose(choice) {
    await this.#client.request(TOPIC, "choice", { choice });
    this.#chosen(choice);
  }

  /** @param {boolean} away Nobody is at this device, or somebody is again. */
  setAway(away) {
    this.#away = away;
    this.#tellAway();
  }

  /** Ask for the rooms' numbers, unless that was only just done. */
  look() {
    const left = this.#askedAt + ASK_EVERY_MS - this.#clock.now();
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => this.look(), left > 0 ? left : ASK_EVERY_MS);
    const rooms = this.#rooms().slice(0, ROOMS_MAX);
    if (left > 0 || rooms.length === 0 || !this.#isSeen()) return;
    this.#askedAt = this.#clock.now();
    void this.#ask(rooms);
  }

  /** @param {string[]} rooms */
  async #ask(rooms) {
    try {
      const { counts } = await this.#client.request(TOPIC, "counts", { rooms });
      this.emit("counts", new Map(Object.entries(counts)));
    } catch {
      // The next look asks again.
    }
  }

  #tellAway() {
    // Not heard, it is said again with the next connection.
    this.#client.request(TOPIC, "away", { away: this.#away }).catch(() => {});
  }

  /** @param {Choice} choice */
  #chosen(choice) {
    this.choice = choice;
    this.emit("choice", choice);
  }
}
