/**
 * One topic on the wire, shared by all who want it: subscribes, recovers after a
 * lost connection, heals holes, and passes on what arrives.
 *
 * Page: docs/reference/protocol.md, "Subscribe, snapshot, recovery".
 */

import { backoff, backoffAfter } from "./backoff.js";
import { ClientCode } from "./codes.js";
import { Cursor } from "./cursor.js";
import { RealtimeError } from "./errors.js";
import { Readers } from "./readers.js";

/** @import { Clock, EventFrame, JsonObject, Position, Request } from "./types.d.ts" */
/** @import { Subscribed, SubscriptionState, TimerId, UnsubscribedFrame } from "./types.d.ts" */
/** @import { Subscription } from "./subscription.js" */

/** Events kept while a subscribe is unanswered; dropping them only costs another recovery. */
const BUFFERED = 1_000;

/**
 * @typedef {object} TopicEvents
 * @property {(topic: Topic) => void} changed Its state is another one.
 * @property {(topic: Topic, key: unknown) => void} moved Further in its log, maybe by an event with that key.
 * @property {(topic: Topic) => void} unused Nobody wants it any more.
 */

export class Topic {
  #clock;
  #random;
  #ask;
  #isConnected;
  #events;
  /** Changed in #transition() alone. @type {SubscriptionState} */
  #state = "waiting";
  /** @type {RealtimeError | null} */
  #error = null;
  #readers = new Readers();
  /** Those who want it live but hear nothing of it (the outbox). */
  #holds = 0;
  /** How far the topic as such has got, whoever listens. */
  #cursor = new Cursor();
  /** Stands for the unanswered subscribe; an answer to an older one is nobody's. @type {object | null} */
  #asked = null;
  /** What came while a subscribe was unanswered. @type {EventFrame[]} */
  #buffer = [];
  /** @type {TimerId | null} */
  #timer = null;
  #refusals = 0;
  /** Holes found in a row. */
  #holes = 0;

  /**
   * @param {object} options
   * @param {string} options.name
   * @param {JsonObject | undefined} options.params
   * @param {Clock} options.clock
   * @param {() => number} options.random
   * @param {(request: Request) => Promise<any>} options.ask
   * @param {() => boolean} options.isConnected
   * @param {TopicEvents} options.events
   */
  constructor({ name, params, clock, random, ask, isConnected, events }) {
    this.name = name;
    this.params = params;
    this.#clock = clock;
    this.#random = random;
    this.#ask = ask;
    this.#isConnected = isConnected;
    this.#events = events;
  }

  get state() {
    return this.#state;
  }

  get error() {
    return this.#error;
  }

  /** @returns {Position | null} */
  get position() {
    return this.#cursor.position;
  }

  // ---- who wants it -------------------------------------------------------------

  /** @param {Subscription} subscription */
  add(subscription) {
    this.#readers.add(subscription);
    // A wait after a refusal is not cut short by one more who wants the same.
    if (this.#state !== "waiting" || this.#timer === null) this.#subscribe();
  }

  /** @param {Subscription} subscription */
  release(subscription) {
    this.#readers.remove(subscription);
    this.#closeIfUnused();
  }

  hold() {
    this.#holds += 1;
    if (this.#state === "waiting" && this.#timer === null) this.#subscribe();
  }

  drop() {
    this.#holds -= 1;
    this.#closeIfUnused();
  }

  /** After a refusal, or when the server turns out not to know of the subscription. */
  retry() {
    if (this.#state !== "closed") this.#subscribe();
  }

  // ---- what happens to it -------------------------------------------------------

  connected() {
    this.#refusals = 0;
    if (this.#state === "waiting") this.#subscribe();
  }

  disconnected() {
    this.#settle();
    if (this.#state !== "failed" && this.#state !== "closed") this.#transition("waiting");
  }

  /** @param {EventFrame} frame */
  event(frame) {
    if (this.#state !== "live" && this.#state !== "subscribing") return;
    const replaces = frame.event === "snapshot" && frame.seq === undefined && this.position === null;
    if (replaces) return this.#replace(frame.data, null);
    const unanswered = this.#asked !== null;
    if (unanswered && frame.seq !== undefined && this.#buffer.length < BUFFERED) this.#buffer.push(frame);
    // While unanswered, holes are expected: the answer will heal them.
    if (!this.#route(frame) && !unanswered) this.#heal();
  }

  /** @param {UnsubscribedFrame} frame */
  unsubscribed({ code, message }) {
    // With a subscribe under way this tells of the subscription before it; its own answer follows.
    if (this.#asked !== null) return;
    this.#settle();
    this.#error = new RealtimeError(code, message);
    this.#transition("failed");
    this.#readers.tell("unsubscribed", { code, message });
  }

  // ---- subscribing --------------------------------------------------------------

  #subscribe() {
    if (this.#asked !== null) return;
    this.#settle();
    if (!this.#isConnected()) return this.#transition("waiting");
    const ticket = (this.#asked = {});
    this.#ask(this.#request()).then(
      (data) => ticket === this.#asked && this.#answered(data ?? {}),
      (error) => ticket === this.#asked && this.#refused(error),
    );
    this.#transition("subscribing");
  }

  /** @returns {Request} */
  #request() {
    const since = this.#readers.since(this.#cursor.position);
    return {
      op: "subscribe",
      topic: this.name,
      ...(since !== null && { since }),
      ...(this.params !== undefined && { params: this.params }),
    };
  }

  /** @param {Subscribed} data */
  #answered(data) {
    const buffer = this.#settle();
    const position = data.seq === undefined ? null : { epoch: data.epoch ?? "", seq: data.seq };
    this.#error = null;
    this.#refusals = 0;
    if (data.recovered && position !== null) this.#recover(data.events ?? [], position);
    else this.#replace(data.snapshot, position);
    const whole = buffer.map((frame) => this.#route(frame)).every(Boolean);
    // A listener may have closed the topic, or stopped the client, on hearing all this.
    if (this.#state !== "subscribing") return;
    this.#transition("live");
    if (!whole) return this.#heal();
    this.#holes = 0;
    if (this.#readers.needSnapshot) this.#subscribe();
  }

  /** @param {RealtimeError} error */
  #refused(error) {
    this.#settle();
    if (error.code === ClientCode.DISCONNECTED) return this.#transition("waiting");
    this.#error = error;
    if (error.retryable) this.#later(backoffAfter(this.#refusals++, this.#random, error.retryAfterS));
    this.#transition(error.retryable ? "waiting" : "failed");
    this.#readers.tell("error", { error, final: !error.retryable });
  }

  /**
   * The first hole is asked for at once. If the answer leaves one, the server is in
   * trouble, and asking without a pause would not help it.
   */
  #heal() {
    this.#holes += 1;
    if (this.#holes === 1) this.#subscribe();
    else if (this.#timer === null) this.#later(backoff(this.#holes - 2, this.#random));
  }

  /** @param {number} ms */
  #later(ms) {
    this.#timer = this.#clock.setTimeout(() => this.#subscribe(), ms);
  }

  // ---- passing on ---------------------------------------------------------------

  /**
   * @param {unknown} snapshot
   * @param {Position | null} position
   */
  #replace(snapshot, position) {
    this.#cursor.set(position);
    this.#readers.replace(snapshot, position);
    this.#events.moved(this, null);
  }

  /**
   * @param {NonNullable<Subscribed["events"]>} events
   * @param {Position} position
   */
  #recover(events, position) {
    this.#cursor.set(position);
    this.#readers.recover(events, position);
    for (const { data } of events) this.#events.moved(this, data?.key);
    this.#events.moved(this, null);
  }

  /**
   * @param {EventFrame} frame
   * @returns {boolean} False if something is missing before it.
   */
  #route(frame) {
    const verdict = frame.seq === undefined ? "old" : this.#cursor.take(frame.seq, frame.prev);
    const fitted = this.#readers.take(frame);
    if (verdict === "taken") {
      this.#holes = 0;
      this.#events.moved(this, frame.data?.key);
    }
    return fitted && verdict !== "hole";
  }

  // ---- state --------------------------------------------------------------------

  #closeIfUnused() {
    if (this.#state === "closed" || this.#readers.size > 0 || this.#holds > 0) return;
    const known = this.#state === "live" || this.#state === "subscribing";
    this.#settle();
    this.#transition("closed");
    // Whether it is still subscribed there matters to nobody here.
    if (known) this.#ask({ op: "unsubscribe", topic: this.name }).catch(() => undefined);
    this.#events.unused(this);
  }

  /**
   * Forgets what was under way.
   *
   * @returns {EventFrame[]} What had come meanwhile.
   */
  #settle() {
    const buffer = this.#buffer;
    this.#buffer = [];
    this.#asked = null;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    return buffer;
  }

  /** @param {SubscriptionState} state */
  #transition(state) {
    const previous = this.#state;
    if (previous === state) return;
    this.#state = state;
    this.#readers.tell("state", { state, previous });
    this.#events.changed(this);
  }
}
