/**
 * Empties the outbox: per topic one entry after the other, the next one only when
 * the last is answered, each with its own key until it is.
 *
 * Decides when to send and what an answer means; outbox.js keeps the entries.
 */

import { backoffAfter } from "./backoff.js";
import { ClientCode, ErrorCode } from "./codes.js";

/** @import { Clock, Request, TimerId } from "./types.d.ts" */
/** @import { RealtimeError } from "./errors.js" */
/** @import { Outbox } from "./outbox.js" */
/** @import { Topic } from "./topic.js" */

/**
 * One topic that has something to send.
 *
 * @typedef {object} Lane
 * @property {Topic} topic Held, so that it is subscribed even if no page shows it.
 * @property {boolean} busy An entry is out and unanswered.
 * @property {TimerId | null} timer Waiting after a refusal that passes.
 * @property {number} refusals In a row.
 */

export class Sender {
  #clock;
  #random;
  #outbox;
  #topic;
  #ask;
  /** @type {Map<string, Lane>} */
  #lanes = new Map();
  #running = false;

  /**
   * @param {object} options
   * @param {Clock} options.clock
   * @param {() => number} options.random
   * @param {Outbox} options.outbox
   * @param {(name: string) => Topic} options.topic
   * @param {(request: Request) => Promise<any>} options.ask
   */
  constructor({ clock, random, outbox, topic, ask }) {
    this.#clock = clock;
    this.#random = random;
    this.#outbox = outbox;
    this.#topic = topic;
    this.#ask = ask;
  }

  start() {
    this.#running = true;
    for (const name of this.#outbox.topics()) this.pump(name);
  }

  stop() {
    this.#running = false;
    for (const name of [...this.#lanes.keys()]) this.#leave(name);
  }

  /**
   * Something may be possible now that was not before: send the next entry of this
   * topic, if there is one and nothing stands against it.
   *
   * @param {string} name
   */
  pump(name) {
    if (!this.#running) return;
    const entry = this.#outbox.head(name);
    const known = this.#lanes.get(name);
    if (known?.busy || (known?.timer ?? null) !== null) return;
    if (entry === null) return this.#leave(name);
    const lane = known ?? this.#enter(name);
    if (lane.topic.state === "failed") this.#failAll(name, lane);
    else if (lane.topic.state === "live") this.#send(name, lane, entry);
  }

  /**
   * The user asks for it: also try again to get into the topic.
   *
   * @param {string} name
   */
  retry(name) {
    if (!this.#running) return;
    const lane = this.#lanes.get(name) ?? this.#enter(name);
    if (lane.topic.state === "failed") lane.topic.retry();
    this.pump(name);
  }

  /**
   * @param {string} name
   * @param {Lane} lane
   * @param {{ key: string, event: string, data: any }} entry
   */
  #send(name, lane, { key, event, data }) {
    lane.busy = true;
    this.#outbox.sending(key);
    this.#ask({ op: "send", topic: name, event, data, key })
      .then(
        (reply) => this.#accepted(lane, key, reply),
        (error) => this.#refused(name, lane, key, error),
      )
      .finally(() => this.#next(name, lane));
  }

  /**
   * @param {string} name
   * @param {Lane} lane
   */
  #next(name, lane) {
    lane.busy = false;
    this.pump(name);
  }

  /**
   * @param {Lane} lane
   * @param {string} key
   * @param {any} reply
   */
  #accepted(lane, key, reply) {
    lane.refusals = 0;
    this.#outbox.settle(key, reply, lane.topic.position?.seq ?? null);
  }

  /**
   * @param {string} name
   * @param {Lane} lane
   * @param {string} key
   * @param {RealtimeError} error
   */
  #refused(name, lane, key, error) {
    if (error.code === ClientCode.DISCONNECTED) return this.#outbox.pend(key);
    const lost = error.code === ErrorCode.NOT_SUBSCRIBED;
    if (!error.retryable && !lost) return this.#outbox.fail(key, error);
    if (this.#lanes.get(name) !== lane) return this.#outbox.pend(key);
    const delay = backoffAfter(lane.refusals++, this.#random, error.retryAfterS);
    this.#outbox.pend(key, this.#clock.now() + delay);
    lane.timer = this.#clock.setTimeout(() => this.#waited(name, lane), delay);
    if (lost) lane.topic.retry();
  }

  /**
   * @param {string} name
   * @param {Lane} lane
   */
  #waited(name, lane) {
    lane.timer = null;
    this.pump(name);
  }

  /**
   * Nothing can be sent to this topic, and nothing will change that by itself.
   *
   * @param {string} name
   * @param {Lane} lane
   */
  #failAll(name, lane) {
    const error = /** @type {RealtimeError} */ (lane.topic.error);
    for (let entry = this.#outbox.head(name); entry !== null; entry = this.#outbox.head(name)) {
      this.#outbox.fail(entry.key, error);
    }
    this.#leave(name);
  }

  /**
   * @param {string} name
   * @returns {Lane}
   */
  #enter(name) {
    const lane = { topic: this.#topic(name), busy: false, timer: null, refusals: 0 };
    this.#lanes.set(name, lane);
    lane.topic.hold();
    return lane;
  }

  /** @param {string} name */
  #leave(name) {
    const lane = this.#lanes.get(name);
    if (lane === undefined) return;
    this.#lanes.delete(name);
    this.#clock.clearTimeout(lane.timer);
    lane.topic.drop();
  }
}
