/**
 * From messages to the rows that show them: days, the "new" line, authors grouped.
 * Pure. The server does the same for the first paint (chat/timeline.py).
 */

/** @import { Entry, Message, User } from "../realtime/types.d.ts" */
/** @import { DayRow, MessageRow, Row } from "./types.d.ts" */

/** Rows of one author this close to each other are one group. */
const TOGETHER_MS = 5 * 60_000;

/**
 * @typedef {object} Shown
 * @property {readonly Message[]} messages Those to show, oldest first.
 * @property {Message | null} previous The one before them, if it is known.
 * @property {readonly Entry[]} entries Everything of the room in the outbox.
 * @property {boolean} withPending Whether the rows reach the end, where unsent posts stand.
 * @property {User} me
 * @property {number | null} newAfter The post_no after which the "new" line stands; null for none.
 * @property {(at: number) => string} dayKey
 */

/**
 * @param {Shown} shown
 * @returns {Row[]}
 */
export function rowsOf({ messages, previous, entries, withPending, me, newAfter, dayKey }) {
  const changes = changesById(entries);
  const keys = new Set(messages.map((message) => message.key));
  const rows = new Rows(dayKey, previous);
  for (const message of messages) {
    if (newAfter !== null && message.post_no > newAfter && message.author.id !== me.id) rows.newLine();
    rows.push(messageRow(message, changes.get(message.id) ?? null, me));
  }
  if (withPending) {
    for (const entry of entries) {
      if (entry.event === "message.post" && !keys.has(entry.key)) rows.push(entryRow(entry, me));
    }
  }
  return rows.list;
}

/** Collects rows and puts days, the one "new" line and the grouping between them. */
class Rows {
  /** @type {Row[]} */
  list = [];
  /** @type {MessageRow | null} */
  #last = null;
  #day = "";
  #previous;
  #dayKey;
  #newLine = false;

  /**
   * @param {(at: number) => string} dayKey
   * @param {Message | null} previous
   */
  constructor(dayKey, previous) {
    this.#dayKey = dayKey;
    this.#previous = previous === null ? null : { author: previous.author, createdAt: previous.created_at };
  }

  /** Only the first call draws it. */
  newLine() {
    if (this.#newLine) return;
    this.#newLine = true;
    this.#last = null;
    this.#previous = null;
    this.list.push({ kind: "new", key: "new" });
  }

  /** @param {MessageRow} row */
  push(row) {
    const at = Date.parse(row.createdAt);
    const day = this.#dayKey(at);
    if (day !== this.#day) this.#startDay(day, at);
    row.compact = this.#continues(row, day, at);
    this.list.push(row);
    this.#last = row;
  }

  /**
   * @param {string} day
   * @param {number} at
   */
  #startDay(day, at) {
    /** @type {DayRow} */
    const row = { kind: "day", key: `day-${day}`, at };
    // The day stands above the "new" line, not between it and the message it announces.
    if (this.list.at(-1)?.kind === "new") this.list.splice(-1, 0, row);
    else this.list.push(row);
    this.#day = day;
  }

  /**
   * @param {MessageRow} row
   * @param {string} day
   * @param {number} at
   */
  #continues(row, day, at) {
    const above = this.#last ?? this.#previous;
    if (above === null || above.author.id !== row.author.id) return false;
    const then = Date.parse(above.createdAt);
    return at - then < TOGETHER_MS && this.#dayKey(then) === day;
  }
}

/**
 * The last edit or delete of each message that is not acknowledged yet.
 *
 * @param {readonly Entry[]} entries
 * @returns {Map<number, Entry>}
 */
function changesById(entries) {
  const changes = new Map();
  for (const entry of entries) {
    if (entry.event === "message.edit" || entry.event === "message.delete") changes.set(entry.data.id, entry);
  }
  return changes;
}

/**
 * @param {Message} message
 * @param {Entry | null} change
 * @param {User} me
 * @returns {MessageRow}
 */
function messageRow(message, change, me) {
  const own = message.author.id === me.id;
  const gone = message.deleted_at !== null;
  const pending = gone || isSettled(message, change) ? null : change;
  const edit = pending?.event === "message.edit" ? pending : null;
  return {
    kind: "message",
    key: own && message.key !== null ? message.key : `m${message.id}`,
    id: message.id,
    seq: message.seq,
    author: message.author,
    createdAt: message.created_at,
    text: edit === null ? message.text : edit.data.text,
    edited: message.edited_at !== null && !gone,
    status: gone ? "deleted" : statusOf(pending),
    compact: false,
    own,
    entry: pending,
    error: pending?.error ?? null,
  };
}

/**
 * An answered change is done with once its event, or a later one, has arrived.
 *
 * @param {Message} message
 * @param {Entry | null} change
 */
function isSettled(message, change) {
  return change?.state === "sent" && message.seq >= (change.reply?.seq ?? 0);
}

/**
 * @param {Entry} entry
 * @param {User} me
 * @returns {MessageRow}
 */
function entryRow(entry, me) {
  return {
    kind: "message",
    key: entry.key,
    id: null,
    seq: 0,
    author: me,
    createdAt: new Date(entry.createdAt).toISOString(),
    text: entry.data.text,
    edited: false,
    status: statusOf(entry),
    compact: false,
    own: true,
    entry,
    error: entry.error,
  };
}

/** @param {Entry | null} entry */
function statusOf(entry) {
  if (entry === null) return "kept";
  if (entry.state === "failed") return "failed";
  return entry.state === "sent" ? "kept" : "sending";
}
