/**
 * One WebSocket from opening to end: waits for the greeting, keeps the heartbeat,
 * turns messages into frames, and says once that it is over. Never comes back:
 * connection.js opens the next one.
 */

import { CloseCode } from "./codes.js";
import { decode, json } from "./frames.js";
import { Heartbeat } from "./heartbeat.js";

/** @import { Clock, Encoded, Encoding, Hello, ServerFrame } from "./types.d.ts" */
/** @import { SocketConstructor, StateReason, TimerId } from "./types.d.ts" */

/** From opening to the greeting, and from there to being authenticated if the server names no limit. */
const GREETING_MS = 10_000;
const OPEN = 1;

/**
 * @typedef {object} End
 * @property {StateReason} reason
 * @property {number | null} code The close code, if the other end closed.
 * @property {string} text The close reason as sent.
 */

/**
 * @typedef {object} WireEvents
 * @property {(hello: Hello) => void} greeted
 * @property {(frame: ServerFrame) => void} received Everything but hello.
 * @property {(end: End) => void} ended Once, and nothing after it. Not called after `close()`.
 */

export class Wire {
  #clock;
  #events;
  #wanted;
  #socket;
  #ended = false;
  /** @type {TimerId | null} */
  #timer = null;
  /** @type {Heartbeat | null} */
  #heartbeat = null;
  /** @type {Hello | null} */
  #hello = null;
  #onMessage = (/** @type {Event} */ event) => this.#message(/** @type {MessageEvent} */ (event));
  #onClose = (/** @type {Event} */ event) => this.#closed(/** @type {CloseEvent} */ (event));

  /**
   * @param {object} options
   * @param {string} options.url
   * @param {Encoding} options.encoding
   * @param {SocketConstructor} options.WebSocket
   * @param {Clock} options.clock
   * @param {WireEvents} options.events
   * @throws {SyntaxError} If the URL cannot be one of a WebSocket.
   */
  constructor({ url, encoding, WebSocket, clock, events }) {
    this.#clock = clock;
    this.#events = events;
    this.#wanted = encoding;
    // JSON behind it, for a server that knows no other.
    this.#socket = new WebSocket(url, [...new Set([encoding.subprotocol, json.subprotocol])]);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.addEventListener("message", this.#onMessage);
    this.#socket.addEventListener("close", this.#onClose);
    this.#limit(GREETING_MS);
  }

  /** The greeting, once there. */
  get hello() {
    return this.#hello;
  }

  /** What frames travel in, as the server chose it. @returns {Encoding} */
  get encoding() {
    return this.#socket.protocol === this.#wanted.subprotocol ? this.#wanted : json;
  }

  /** Authenticated: the time limit is over, the heartbeat begins. */
  accept() {
    const hello = /** @type {Hello} */ (this.#hello);
    this.#clock.clearTimeout(this.#timer);
    this.#heartbeat = new Heartbeat({
      clock: this.#clock,
      everyMs: hello.heartbeat_s * 1000,
      ping: () => void this.#socket.send(this.encoding.encode({ op: "ping" })),
      dead: (reason) => this.#giveUp(reason),
    });
  }

  /**
   * @param {Encoded} message An encoded frame.
   * @returns {boolean} Whether it went out.
   */
  transmit(message) {
    if (this.#ended || this.#socket.readyState !== OPEN) return false;
    this.#socket.send(message);
    this.#heartbeat?.sent();
    return true;
  }

  /** There is reason to doubt the connection: find out soon. */
  probe() {
    this.#heartbeat?.probe();
  }

  /** Ends it without a word to `ended`. Does not wait for the other end, which may be gone. */
  close() {
    this.#detach();
    this.#socket.close(1000);
  }

  /** @param {MessageEvent} event */
  #message({ data }) {
    this.#heartbeat?.received();
    const frame = decode(data, this.encoding);
    if (frame?.op === "hello") this.#greet(frame);
    else if (this.#hello === null) this.#giveUp("protocol");
    else if (frame !== null && frame.op !== "pong") this.#events.received(frame);
  }

  /** @param {Hello} hello */
  #greet(hello) {
    if (this.#hello !== null || hello.v !== 1) return this.#giveUp("protocol");
    this.#hello = hello;
    this.#limit(hello.auth_within_s === undefined ? GREETING_MS : hello.auth_within_s * 1000);
    this.#events.greeted(hello);
  }

  /** @param {CloseEvent} event */
  #closed({ code, reason }) {
    this.#detach();
    const silent = code === CloseCode.HEARTBEAT_MISSED;
    this.#events.ended({ reason: silent ? "heartbeat_missed" : "lost", code, text: reason });
  }

  /** @param {StateReason} reason */
  #giveUp(reason) {
    this.close();
    this.#events.ended({ reason, code: null, text: "" });
  }

  /** @param {number} ms */
  #limit(ms) {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => this.#giveUp("no_hello"), ms);
  }

  #detach() {
    this.#ended = true;
    this.#socket.removeEventListener("message", this.#onMessage);
    this.#socket.removeEventListener("close", this.#onClose);
    this.#clock.clearTimeout(this.#timer);
    this.#heartbeat?.stop();
  }
}
