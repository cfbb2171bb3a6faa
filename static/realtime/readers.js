/** All subscriptions that share one topic: what is said to each of them, and what they need together. */

/** @import { EventFrame, Position, Subscribed, SubscriptionEvents } from "./types.d.ts" */
/** @import { Subscription } from "./subscription.js" */

export class Readers {
  /** @type {Set<Subscription>} */
  #subscriptions = new Set();

  get size() {
    return this.#subscriptions.size;
  }

  /** Whether one of them holds nothing of the topic yet. */
  get needSnapshot() {
    return this.#all().some((each) => each.needsSnapshot);
  }

  /** @param {Subscription} subscription */
  add(subscription) {
    this.#subscriptions.add(subscription);
  }

  /** @param {Subscription} subscription */
  remove(subscription) {
    this.#subscriptions.delete(subscription);
  }

  /**
   * @param {Position | null} start
   * @returns {Position | null} From where all of them can go on, as far as `start`; null if somebody needs it all.
   */
  since(start) {
    return this.#all()
      .map((each) => (each.needsSnapshot ? null : each.position))
      .reduce(earlier, start);
  }

  /**
   * @param {unknown} snapshot
   * @param {Position | null} position
   */
  replace(snapshot, position) {
    for (const subscription of this.#all()) subscription.replace(snapshot, position);
  }

  /**
   * @param {NonNullable<Subscribed["events"]>} events
   * @param {Position} position
   */
  recover(events, position) {
    for (const subscription of this.#all()) subscription.recover(events, position);
  }

  /**
   * @param {EventFrame} frame
   * @returns {boolean} Whether it fitted for all of them.
   */
  take(frame) {
    return this.#all()
      .map((subscription) => subscription.take(frame))
      .every(Boolean);
  }

  /**
   * @template {"error" | "state" | "unsubscribed"} Name
   * @param {Name} type
   * @param {SubscriptionEvents[Name]} detail
   */
  tell(type, detail) {
    for (const subscription of this.#all()) subscription.emit(type, detail);
  }

  /** A copy: whoever is told something may close itself or another. */
  #all() {
    return [...this.#subscriptions];
  }
}

/**
 * @param {Position | null} one
 * @param {Position | null} other
 * @returns {Position | null}
 */
function earlier(one, other) {
  if (one === null || other === null || one.epoch !== other.epoch) return null;
  return one.seq <= other.seq ? one : other;
}
