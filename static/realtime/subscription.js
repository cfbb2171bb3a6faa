/**
 * What a page holds of a topic. Several of them may share one topic on the wire;
 * each has its own place in the log, so that one may join while another reads on.
 *
 * The methods under "for Topic" are not for pages.
 */

import { Cursor } from "./cursor.js";
import { Emitter } from "./emitter.js";

/** @import { ClientError, EventFrame, Position, Subscribed } from "./types.d.ts" */
/** @import { Subscription as SubscriptionShape, SubscriptionEvents, SubscriptionState } from "./types.d.ts" */

/**
 * @typedef {object} Owner
 * @property {string} name
 * @property {SubscriptionState} state
 * @property {ClientError | null} error
 * @property {() => void} retry
 * @property {(subscription: Subscription) => void} release
 */

/**
 * @implements {SubscriptionShape}
 * @extends {Emitter<SubscriptionEvents>}
 */
export class Subscription extends Emitter {
  #owner;
  #cursor = new Cursor();
  #needsSnapshot = true;
  #closed = false;

  /** @param {Owner} owner */
  constructor(owner) {
    super();
    this.#owner = owner;
  }

  get topic() {
    return this.#owner.name;
  }

  /** @returns {SubscriptionState} */
  get state() {
    return this.#closed ? "closed" : this.#owner.state;
  }

  get error() {
    return this.#owner.error;
  }

  get position() {
    return this.#cursor.position;
  }

  /** After `failed`: ask again. */
  retry() {
    if (!this.#closed) this.#owner.retry();
  }

  close() {
    if (this.#closed) return;
    const previous = this.state;
    this.#closed = true;
    this.#owner.release(this);
    this.emit("state", { state: "closed", previous });
  }

  // ---- for Topic --------------------------------------------------------------

  /** Whether it holds nothing of the topic yet. */
  get needsSnapshot() {
    return this.#needsSnapshot;
  }

  /**
   * A snapshot as of `position`, unless that would only take away what came since.
   *
   * @param {unknown} snapshot
   * @param {Position | null} position
   */
  replace(snapshot, position) {
    if (this.#closed || (!this.#needsSnapshot && this.#cursor.covers(position))) return;
    this.#needsSnapshot = false;
    this.#cursor.set(position);
    this.emit("snapshot", { snapshot, seq: position?.seq ?? null, epoch: position?.epoch ?? null });
  }

  /**
   * Everything that was missed, up to `position`.
   *
   * @param {NonNullable<Subscribed["events"]>} events
   * @param {Position} position
   */
  recover(events, position) {
    if (this.#needsSnapshot) return;
    let count = 0;
    for (const { event, data, seq } of events) {
      // One change may have been overtaken by another, so the next seq may be any higher one.
      if (this.#closed || this.#cursor.take(seq, 0) !== "taken") continue;
      count += 1;
      this.emit("event", { event, data, seq });
    }
    if (this.#closed) return;
    if (!this.#cursor.covers(position)) this.#cursor.set(position);
    this.emit("recovered", { count });
  }

  /**
   * @param {EventFrame} frame
   * @returns {boolean} Whether the event fitted; if not, something is missing before it.
   */
  take({ event, data, seq, prev }) {
    if (this.#closed || this.#needsSnapshot) return true;
    const verdict = seq === undefined ? "taken" : this.#cursor.take(seq, prev);
    if (verdict === "taken") this.emit("event", { event, data, seq: seq ?? null });
    return verdict !== "hole";
  }
}
