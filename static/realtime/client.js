/**
 * The browser client. This file is its manual; the parts stand in the files beside it.
 *
 *     const client = new RealtimeClient({ url: "/ws/", userId: 7 });
 *     client.addEventListener("state", ({ detail }) => banner.show(detail));
 *     client.start();
 *
 *     const room = client.subscribe("chat/general");
 *     room.addEventListener("snapshot", ({ detail }) => show(detail.snapshot));
 *     room.addEventListener("event", ({ detail }) => merge(detail));
 *
 *     client.post("chat/general", "message.post", { text: "Hello" });
 *
 * What it does by itself:
 * - stays connected (connection.js), and says in `state` what it is doing and why;
 * - after a lost connection tells each subscription what it missed, none twice and none
 *   left out (topic.js); where that cannot be done it says `snapshot`, which replaces all;
 * - keeps what was given to `post()` until the server has it, over reloads and closed
 *   tabs (outbox.js, sender.js), in the order written, once each.
 *
 * What it does not do: merge. merge.js does that for chat rooms.
 *
 * Three ways to send: `send()` for what nobody misses, `request()` for what the page can
 * ask again, `post()` for what the user wrote.
 *
 * Frames travel as JSON. `encoding: msgpack` of msgpack.js makes them smaller, where the
 * server knows it; nothing else changes.
 *
 * `stop()` ends everything, timers included; `start()` begins again.
 */

import { ClientCode, CloseCode } from "./codes.js";
import { Connection } from "./connection.js";
import { Credentials } from "./credentials.js";
import { Emitter } from "./emitter.js";
import { RealtimeError } from "./errors.js";
import { json } from "./frames.js";
import { completed } from "./options.js";
import { Outbox } from "./outbox.js";
import { Requests } from "./requests.js";
import { Sender } from "./sender.js";
import { Subscription } from "./subscription.js";
import { Topic } from "./topic.js";
import { Vault } from "./vault.js";
import { Wire } from "./wire.js";

/** @import { TopicEvents } from "./topic.js" */
/** @import { Client, ClientEvents, ClientOptions, Entry, Hello, JsonObject, Request } from "./types.d.ts" */
/** @import { Outbox as OutboxShape, Subscription as SubscriptionShape } from "./types.d.ts" */
/** @import { ServerFrame, StateDetail, User } from "./types.d.ts" */

/**
 * @implements {Client}
 * @extends {Emitter<ClientEvents>}
 */
export class RealtimeClient extends Emitter {
  #connection;
  #credentials;
  #requests;
  #outbox;
  #sender;
  #newTopic;
  /** @type {Map<string, Topic>} */
  #topics = new Map();
  /** @type {User | null} */
  #user = null;
  #frameBytes = Infinity;

  /** @param {ClientOptions} options */
  constructor(options) {
    super();
    const { url, userId, getToken, encoding, clock, random, page, WebSocket, ...home } = completed(options);
    const ask = (/** @type {Request} */ request) => this.#ask(request);
    this.#requests = new Requests({
      clock,
      encoding: () => this.#encoding,
      transmit: (message) => this.#connection.transmit(message),
    });
    this.#credentials = new Credentials({ clock, random, userId, getToken, ask });
    this.#connection = new Connection({
      clock,
      random,
      page,
      open: (events) => new Wire({ url, encoding, WebSocket, clock, events }),
      events: {
        authenticate: (hello) => this.#authenticate(hello),
        received: (frame) => this.#received(frame),
        down: (code) => this.#down(code),
        changed: (detail) => this.#changed(detail),
      },
    });
    const isConnected = () => this.state === "connected";
    this.#newTopic = (/** @type {string} */ name, /** @type {JsonObject | undefined} */ params) =>
      new Topic({ name, params, clock, random, ask, isConnected, events: this.#topicEvents() });
    this.#outbox = new Outbox({
      user: userId,
      clock,
      vault: (events) => new Vault({ user: userId, clock, ...home, events }),
      work: { there: (topic) => this.#sender.pump(topic), again: (topic) => this.#sender.retry(topic) },
    });
    this.#sender = new Sender({ clock, random, outbox: this.#outbox, topic: (name) => this.#topic(name), ask });
  }

  get state() {
    return this.#connection.status.state;
  }

  /** The last `state` event's detail. */
  get status() {
    return this.#connection.status;
  }

  /** Who we are to the server; null before it has said so. */
  get user() {
    return this.#user;
  }

  /** @returns {OutboxShape} */
  get outbox() {
    return this.#outbox;
  }

  start() {
    if (this.state !== "idle" && this.state !== "closed") return;
    if (this.state === "idle") void this.#outbox.open();
    this.#sender.start();
    this.#connection.start();
  }

  stop() {
    if (this.state === "idle") return;
    this.#sender.stop();
    this.#outbox.close();
    this.#connection.stop();
  }

  /** Ends a wait at once, whatever ordered it; in `connected`, finds out soon whether it still is. */
  retryNow() {
    this.#connection.retryNow();
  }

  /**
   * Several may subscribe to one topic; each hears everything from a snapshot on.
   *
   * @param {string} topic
   * @param {{ params?: JsonObject }} [options] The same for all who share the topic.
   * @returns {SubscriptionShape}
   */
  subscribe(topic, { params } = {}) {
    const shared = this.#topic(topic, params);
    if (params !== undefined && JSON.stringify(params) !== JSON.stringify(shared.params)) {
      throw new Error(`${topic} is subscribed to with other params.`);
    }
    const subscription = new Subscription(shared);
    shared.add(subscription);
    return subscription;
  }

  /**
   * Fire and forget: no reply, no second attempt.
   *
   * @param {string} topic
   * @param {string} event
   * @param {unknown} data
   * @returns {boolean} False if it was dropped, because the topic is not live now.
   */
  send(topic, event, data) {
    if (this.#topics.get(topic)?.state !== "live") return false;
    return this.#connection.transmit(this.#encoding.encode({ op: "send", topic, event, data }));
  }

  /**
   * @param {string} topic
   * @param {string} event
   * @param {unknown} data
   * @returns {Promise<any>} The reply's data. Rejects with RealtimeError; after `disconnected`
   *   and `timeout` nobody knows whether it was done.
   */
  async request(topic, event, data) {
    if (this.state !== "connected") {
      throw new RealtimeError(ClientCode.DISCONNECTED, "There is no connection.", { retryable: true });
    }
    return this.#ask({ op: "send", topic, event, data });
  }

  /**
   * Kept until the server has it. Per topic one after the other, in the order given.
   *
   * @param {string} topic
   * @param {string} event
   * @param {unknown} data
   * @returns {Entry} How it stands now; later by `outbox.get(entry.key)` and its `change` events.
   */
  post(topic, event, data) {
    return this.#outbox.add(topic, event, data);
  }

  // ---- the connection -----------------------------------------------------------

  get #encoding() {
    return this.#connection.encoding ?? json;
  }

  /** @param {Request} request */
  #ask(request) {
    return this.#requests.ask(request, this.#frameBytes);
  }

  /** @param {Hello} hello */
  async #authenticate(hello) {
    this.#frameBytes = hello.limits.frame_bytes ?? Infinity;
    this.#user = await this.#credentials.present(hello);
    this.emit("hello", hello);
    return this.#user;
  }

  /** @param {ServerFrame} frame */
  #received(frame) {
    if (frame.op === "reply") this.#requests.reply(frame);
    else if (frame.op === "error") this.#requests.refuse(frame);
    else if (frame.op === "event") this.#topics.get(frame.topic)?.event(frame);
    else if (frame.op === "unsubscribed") this.#topics.get(frame.topic)?.unsubscribed(frame);
  }

  /** @param {number | null} code */
  #down(code) {
    this.#credentials.stop();
    if (code === CloseCode.TOKEN_EXPIRED) this.#credentials.expired();
    this.#requests.abandon(code === CloseCode.TOO_LARGE);
  }

  /** @param {StateDetail} detail */
  #changed(detail) {
    const topics = [...this.#topics.values()];
    if (detail.state === "connected") for (const topic of topics) topic.connected();
    else if (detail.previous === "connected") for (const topic of topics) topic.disconnected();
    // A listener of a topic may have stopped us meanwhile, and that has been told already.
    if (detail === this.status) this.emit("state", detail);
  }

  // ---- topics -------------------------------------------------------------------

  /**
   * @param {string} name
   * @param {JsonObject} [params]
   * @returns {Topic}
   */
  #topic(name, params) {
    const known = this.#topics.get(name);
    if (known !== undefined) return known;
    const topic = this.#newTopic(name, params);
    this.#topics.set(name, topic);
    return topic;
  }

  /** @returns {TopicEvents} */
  #topicEvents() {
    return {
      changed: (topic) => this.#topicChanged(topic),
      moved: (topic, key) => {
        this.#outbox.arrived(key);
        this.#outbox.reached(topic.name, topic.position?.seq ?? 0);
      },
      unused: (topic) => void this.#topics.delete(topic.name),
    };
  }

  /** @param {Topic} topic */
  #topicChanged(topic) {
    // Nobody is going to be shown what was sent, so nothing has to stand in for it.
    if (topic.state === "failed" || topic.state === "closed") this.#outbox.reached(topic.name, Infinity);
    this.#sender.pump(topic.name);
  }
}
