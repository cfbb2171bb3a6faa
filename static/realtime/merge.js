/**
 * A chat room's state as a merge: whatever arrives, from the socket or over HTTP,
 * in whatever order and however often, ends in the same state. Pure functions; a
 * state is never changed, and parts that stay the same stay the same objects.
 *
 * Why that works: a message event is the message as it now is. Of two versions the
 * higher seq wins, and `posted_seq` is its place for ever. What is known without
 * holes is kept as spans of posted_seq, so that a page of history around an old
 * message can be held beside the newest ones.
 *
 * Relies on a live subscription for what is newer than the snapshot.
 */

/** @import { ChatSnapshot, Entry, HistoryPage, HistoryQuery, Message, RoomState, Span } from "./types.d.ts" */

/** @type {RoomState} */
export const EMPTY = Object.freeze({
  room: null,
  roomSeq: 0,
  me: null,
  seq: 0,
  lastNo: 0,
  messages: Object.freeze([]),
  spans: Object.freeze([]),
});

/**
 * A snapshot replaces all that was held.
 *
 * @param {{ snapshot: ChatSnapshot, seq: number | null }} detail A subscription's "snapshot" event's detail.
 * @returns {RoomState}
 */
export function applySnapshot({ snapshot, seq }) {
  const { room, me, messages, has_more: hasMore } = snapshot;
  const from = hasMore && messages.length > 0 ? messages[0].posted_seq : 0;
  const start = { ...EMPTY, room, me, roomSeq: seq ?? 0, seq: seq ?? 0, lastNo: room.last_no };
  return addSpan(addMessages(start, messages), { from, to: Infinity });
}

/**
 * @param {RoomState} state
 * @param {{ event: string, data: any, seq: number | null }} detail A subscription's "event" event's detail.
 * @returns {RoomState} The same object if it told nothing new, or nothing of messages and rooms.
 */
export function applyEvent(state, { event, data, seq }) {
  if (seq === null) return state;
  const next = seq > state.seq ? { ...state, seq } : state;
  if (event === "message") return addMessages(next, [data]);
  if (event === "room" && seq > state.roomSeq) {
    return { ...next, room: data, roomSeq: seq, lastNo: Math.max(state.lastNo, data.last_no ?? 0) };
  }
  return next;
}

/**
 * @param {RoomState} state
 * @param {HistoryPage} page
 * @param {HistoryQuery} query What the page was asked with.
 * @returns {RoomState}
 */
export function applyHistory(state, page, query) {
  const span = spanOfPage(page, query);
  const next = addMessages(state, page.results);
  return span === null ? next : addSpan(next, span);
}

/**
 * @param {RoomState} state
 * @param {number} no Everything up to this post_no is read.
 * @returns {RoomState}
 */
export function applyRead(state, no) {
  if (state.me === null || no <= state.me.last_read_no) return state;
  return { ...state, me: { ...state.me, last_read_no: no } };
}

/**
 * @param {RoomState} state
 * @returns {Span | null} The span that reaches up to now.
 */
export function latestSpan(state) {
  const last = state.spans.at(-1);
  return last?.to === Infinity ? last : null;
}

/**
 * @param {RoomState} state
 * @param {number} postedSeq
 * @returns {Span | null} The span that holds this place.
 */
export function spanAround(state, postedSeq) {
  return state.spans.find(({ from, to }) => from <= postedSeq && postedSeq <= to) ?? null;
}

/**
 * @param {RoomState} state
 * @param {Span | null} span
 * @returns {readonly Message[]} The messages of the span, oldest first.
 */
export function messagesIn(state, span) {
  if (span === null) return [];
  const start = lowerBound(state.messages, span.from);
  const end = span.to === Infinity ? state.messages.length : lowerBound(state.messages, span.to + 1);
  return start === 0 && end === state.messages.length ? state.messages : state.messages.slice(start, end);
}

/**
 * @param {Span} span
 * @returns {HistoryQuery | null} What to ask for to make it reach further back; null at the room's beginning.
 */
export function olderThan({ from }) {
  return from > 0 ? { before: from } : null;
}

/**
 * @param {Span} span
 * @returns {HistoryQuery | null} What to ask for to make it reach further on; null if it reaches up to now.
 */
export function newerThan({ to }) {
  return to < Infinity ? { after: to } : null;
}

/** @param {RoomState} state */
export function unreadCount({ lastNo, me }) {
  return me === null ? 0 : Math.max(0, lastNo - me.last_read_no);
}

/**
 * @param {RoomState} state
 * @param {readonly Entry[]} entries Of the outbox.
 * @returns {Entry[]} Those that are not among the messages yet, and need a bubble of their own.
 */
export function unconfirmed({ messages }, entries) {
  if (entries.length === 0) return [];
  const keys = new Set(messages.map((message) => message.key));
  return entries.filter((entry) => !keys.has(entry.key));
}

// ---- messages -------------------------------------------------------------------

/**
 * @param {RoomState} state
 * @param {readonly Message[]} incoming In any order, several versions of one message included.
 * @returns {RoomState}
 */
function addMessages(state, incoming) {
  const fresh = incoming.filter((message) => isNews(state.messages, message));
  if (fresh.length === 0) return state;
  const messages = merged(state.messages, fresh.sort(byPlace));
  const lastNo = fresh.reduce((no, message) => Math.max(no, message.post_no), state.lastNo);
  const seq = fresh.reduce((highest, message) => Math.max(highest, message.seq), state.seq);
  return { ...state, messages, lastNo, seq };
}

/**
 * @param {readonly Message[]} messages
 * @param {Message} message
 */
function isNews(messages, message) {
  const held = messages[lowerBound(messages, message.posted_seq)];
  return held?.posted_seq !== message.posted_seq || held.seq < message.seq;
}

/**
 * @param {readonly Message[]} held Sorted by place.
 * @param {readonly Message[]} fresh Sorted by place, the newest version of each first.
 * @returns {readonly Message[]}
 */
function merged(held, fresh) {
  const start = lowerBound(held, fresh[0].posted_seq);
  const result = held.slice(0, start);
  let next = start;
  for (const message of fresh) {
    while (next < held.length && held[next].posted_seq < message.posted_seq) result.push(held[next++]);
    if (next < held.length && held[next].posted_seq === message.posted_seq) next++;
    if (result.at(-1)?.posted_seq !== message.posted_seq) result.push(message);
  }
  return result.concat(held.slice(next));
}

/**
 * @param {Message} a
 * @param {Message} b
 */
function byPlace(a, b) {
  return a.posted_seq - b.posted_seq || b.seq - a.seq;
}

/**
 * @param {readonly Message[]} messages
 * @param {number} postedSeq
 * @returns {number} Index of the first message at this place or after it.
 */
function lowerBound(messages, postedSeq) {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (messages[middle].posted_seq < postedSeq) low = middle + 1;
    else high = middle;
  }
  return low;
}

// ---- spans ----------------------------------------------------------------------

/**
 * @param {HistoryPage} page
 * @param {HistoryQuery} query
 * @returns {Span | null} What the page tells about; null if nothing.
 */
function spanOfPage({ results, has_more: hasMore }, { before, after }) {
  const lowest = results.at(-1)?.posted_seq;
  const highest = results[0]?.posted_seq;
  if (after !== undefined) return { from: after + 1, to: hasMore ? (highest ?? after) : Infinity };
  if (before !== undefined) return { from: hasMore ? (lowest ?? before) : 0, to: before - 1 };
  return lowest === undefined || highest === undefined ? null : { from: lowest, to: highest };
}

/**
 * @param {RoomState} state
 * @param {Span} added
 * @returns {RoomState}
 */
function addSpan(state, added) {
  if (added.from > added.to) return state;
  const apart = state.spans.filter(({ from, to }) => to + 1 < added.from || added.to + 1 < from);
  const touching = state.spans.filter((span) => !apart.includes(span));
  const from = Math.min(added.from, ...touching.map((span) => span.from));
  const to = Math.max(added.to, ...touching.map((span) => span.to));
  const spans = [...apart, { from, to }].sort((a, b) => a.from - b.from);
  return { ...state, spans };
}
