/** An entry of the outbox as this tab holds it, and its other two forms: the stored row, and what pages see. */

/** @import { Entry, EntryState, OutboxRow } from "./types.d.ts" */

/** @typedef {OutboxRow & { retryAt: number | null, reply: any }} Item */

/**
 * @param {OutboxRow} row
 * @returns {Item}
 */
export function fromRow(row) {
  return { ...row, retryAt: null, reply: null };
}

/**
 * @param {Item} item
 * @returns {OutboxRow} Whether it is out right now, or waits for something, means nothing to the next page.
 */
export function toRow({ retryAt: _retryAt, reply: _reply, ...row }) {
  return { ...row, state: row.state === "sending" ? "pending" : row.state };
}

/**
 * @param {Item} item
 * @param {boolean} mine
 * @returns {Entry}
 */
export function toEntry({ key, topic, event, data, state, error, retryAt, createdAt, reply }, mine) {
  return Object.freeze({ key, topic, event, data, state, error, retryAt, createdAt, reply, mine });
}

/** @param {{ state: EntryState }} item */
export function isWaiting({ state }) {
  return state === "pending" || state === "sending";
}

/**
 * As they were written.
 *
 * @param {Item} a
 * @param {Item} b
 */
export function byOrder(a, b) {
  return a.order - b.order || (a.key < b.key ? -1 : 1);
}
