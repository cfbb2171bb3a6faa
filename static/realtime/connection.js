/**
 * Keeps one wire up: when to open it, when to wait and how long, when to stay
 * away. Knows close codes, not topics.
 */

import { backoffAfter, CAP_MS } from "./backoff.js";
import { CloseCode, mayReconnect } from "./codes.js";
import { HandshakeError } from "./errors.js";

/** @import { Clock, Encoded, Hello, Page, ServerFrame, TimerId, User } from "./types.d.ts" */
/** @import { ConnectionState, StateDetail, StateReason, WakeKind } from "./types.d.ts" */
/** @import { End, Wire, WireEvents } from "./wire.js" */

/** A connection that held this long was a good one: the next wait starts from the shortest. */
const STABLE_MS = 60_000;

/**
 * @typedef {object} ConnectionEvents
 * @property {(hello: Hello) => Promise<User>} authenticate Rejects with HandshakeError.
 * @property {(frame: ServerFrame) => void} received
 * @property {(code: number | null) => void} down The wire is gone, whether it had been up or not.
 * @property {(detail: StateDetail) => void} changed
 */

export class Connection {
  #clock;
  #random;
  #page;
  #open;
  #events;
  /** Changed in #transition() alone. @type {StateDetail} */
  #status = { state: "idle", previous: "idle", reason: "stopped", retryAt: null, code: null };
  /** @type {Wire | null} */
  #wire = null;
  /** @type {TimerId | null} */
  #timer = null;
  /** @type {(() => void) | null} */
  #unlisten = null;
  /** Attempts that failed since the last good connection. */
  #failures = 0;
  /** The server asked not to come before this. */
  #notBefore = 0;
  /** @type {number | null} */
  #upSince = null;

  /**
   * @param {object} options
   * @param {Clock} options.clock
   * @param {() => number} options.random
   * @param {Page} options.page
   * @param {(events: WireEvents) => Wire} options.open
   * @param {ConnectionEvents} options.events
   */
  constructor({ clock, random, page, open, events }) {
    this.#clock = clock;
    this.#random = random;
    this.#page = page;
    this.#open = open;
    this.#events = events;
  }

  get status() {
    return this.#status;
  }

  start() {
    if (this.#unlisten !== null) return;
    this.#unlisten = this.#page.listen((kind) => this.#wake(kind));
    this.#failures = 0;
    this.#connect("started");
  }

  stop() {
    if (this.#status.state === "idle") return;
    this.#hangUp();
    this.#rest("idle", "stopped", null);
  }

  /** Ends a wait at once, whatever ordered it; asks a standing connection for a sign of life. */
  retryNow() {
    if (this.#isWaiting) this.#connect("asked");
    else this.#wire?.probe();
  }

  /** What frames travel in now; null without a wire. */
  get encoding() {
    return this.#wire?.encoding ?? null;
  }

  /**
   * @param {Encoded} message
   * @returns {boolean} Whether it went out.
   */
  transmit(message) {
    return this.#wire?.transmit(message) ?? false;
  }

  get #isWaiting() {
    return this.#status.state === "waiting" || this.#status.state === "offline";
  }

  // Listeners of a transition may call start() or stop(): it comes last in every method below.

  /** @param {StateReason} reason */
  #connect(reason) {
    this.#clearTimer();
    try {
      this.#wire = this.#newWire();
    } catch {
      return this.#rest("closed", "bad_url", null);
    }
    this.#transition("connecting", { reason });
  }

  #newWire() {
    const wire = this.#open({
      greeted: (hello) => void this.#greeted(wire, hello),
      received: (frame) => this.#events.received(frame),
      ended: (end) => this.#ended(end),
    });
    return wire;
  }

  /**
   * @param {Wire} wire
   * @param {Hello} hello
   */
  async #greeted(wire, hello) {
    try {
      await this.#events.authenticate(hello);
    } catch (error) {
      if (wire === this.#wire) this.#unusable(error);
      return;
    }
    if (wire !== this.#wire) return;
    wire.accept();
    this.#upSince = this.#clock.now();
    this.#transition("connected", { reason: "ready" });
  }

  /** @param {unknown} error */
  #unusable(error) {
    const { reason, final } =
      error instanceof HandshakeError ? error : new HandshakeError("lost", { final: false, cause: error });
    this.#hangUp();
    if (final) this.#rest("closed", reason, null);
    else this.#wait(reason, null, null);
  }

  /** @param {End} end */
  #ended({ reason, code, text }) {
    this.#wire = null;
    this.#down(code);
    if (code !== null && !mayReconnect(code)) this.#rest("closed", "refused", code);
    else if (reason === "slept") this.#connect("slept");
    else this.#wait(reason, code, code === CloseCode.TRY_LATER ? retryAfter(text) : null);
  }

  /**
   * @param {StateReason} reason
   * @param {number | null} code
   * @param {number | null} retryAfterS
   */
  #wait(reason, code, retryAfterS) {
    const delay = backoffAfter(this.#failures, this.#random, retryAfterS);
    this.#failures += 1;
    this.#notBefore = this.#clock.now() + (retryAfterS ?? 0) * 1000;
    // "No network" is usually true, and then trying is for the odd browser that has it wrong.
    const online = this.#page.online();
    const retryAt = this.#clock.now() + (online ? delay : Math.max(delay, CAP_MS));
    this.#clearTimer();
    this.#timer = this.#clock.setTimeout(() => this.#connect("retry"), retryAt - this.#clock.now());
    this.#transition(online ? "waiting" : "offline", { reason, retryAt, code });
  }

  /** @param {WakeKind} kind */
  #wake(kind) {
    const { state } = this.#status;
    if (state === "connected") this.#wire?.probe();
    else if (kind === "offline") this.#rename("waiting", "offline", "network");
    else if (this.#isWaiting) this.#cutShort(kind);
    // What was begun without a network may hang in it for longer than a new attempt takes.
    else if (kind === "online" && state === "connecting" && !this.#wire?.hello) this.#again(kind);
  }

  /** @param {"online" | "visible"} kind */
  #cutShort(kind) {
    if (this.#clock.now() < this.#notBefore) return this.#rename("offline", "waiting", kind);
    if (kind === "online") this.#failures = 0;
    this.#connect(kind);
  }

  /** @param {StateReason} reason */
  #again(reason) {
    this.#hangUp();
    this.#connect(reason);
  }

  /**
   * The wait goes on under the other name.
   *
   * @param {ConnectionState} from
   * @param {ConnectionState} to
   * @param {StateReason} reason
   */
  #rename(from, to, reason) {
    const { state, retryAt, code } = this.#status;
    if (state === from) this.#transition(to, { reason, retryAt, code });
  }

  /** Ends the wire, if there is one, from this side. */
  #hangUp() {
    const wire = this.#wire;
    this.#wire = null;
    wire?.close();
    if (wire !== null) this.#down(null);
  }

  /** @param {number | null} code */
  #down(code) {
    if (this.#upSince !== null && this.#clock.now() - this.#upSince >= STABLE_MS) this.#failures = 0;
    this.#upSince = null;
    this.#events.down(code);
  }

  /**
   * Nothing happens by itself any more.
   *
   * @param {"idle" | "closed"} state
   * @param {StateReason} reason
   * @param {number | null} code
   */
  #rest(state, reason, code) {
    this.#clearTimer();
    this.#unlisten?.();
    this.#unlisten = null;
    this.#transition(state, { reason, code });
  }

  #clearTimer() {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  /**
   * @param {ConnectionState} state
   * @param {{ reason: StateReason, retryAt?: number | null, code?: number | null }} why
   */
  #transition(state, { reason, retryAt = null, code = null }) {
    const previous = this.#status.state;
    this.#status = Object.freeze({ state, previous, reason, retryAt, code });
    this.#events.changed(this.#status);
  }
}

/**
 * @param {string} text The close reason of 4001: `{"retry_after_s": 3}` or `3`.
 * @returns {number | null}
 */
function retryAfter(text) {
  try {
    const value = JSON.parse(text);
    const seconds = typeof value === "number" ? value : value?.retry_after_s;
    return Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
  } catch {
    return null;
  }
}
