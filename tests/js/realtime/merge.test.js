import assert from "node:assert/strict";
import { test } from "node:test";

import * as merge from "../../../static/realtime/merge.js";
import { Random } from "../support/random.js";
import { FakeRoom } from "../support/room.js";

/** @import { Message, RoomState } from "../../../static/realtime/types.d.ts" */

/** @param {Message} message */
const told = (message) => ({ event: "message", data: message, seq: message.seq });
/** @param {RoomState} state */
const shown = (state) => merge.messagesIn(state, merge.latestSpan(state));

/**
 * @param {number} seed
 * @param {number} changes
 * @returns {{ room: FakeRoom, log: Message[] }} A room with a random past, and every version of every message.
 */
function past(seed, changes) {
  const random = new Random(seed);
  const room = new FakeRoom("chat/a");
  const log = Array.from({ length: changes }, () => {
    const index = random.below(room.messages.length || 1);
    const isNew = room.messages.length === 0 || random.chance(0.6);
    if (isNew) return room.post(`text ${room.seq}`);
    return room.change(index, random.chance(0.3) ? null : `edited ${room.seq}`);
  });
  return { room, log };
}

/**
 * @param {FakeRoom} room
 * @param {{ before?: number, after?: number }} query
 * @param {number} limit
 */
function page(room, { before = Infinity, after = 0 }, limit) {
  const all = room.messages.filter(({ posted_seq: place }) => after < place && place < before);
  const results = after > 0 ? all.slice(0, limit) : all.slice(-limit);
  return { results: results.reverse(), has_more: results.length < all.length };
}

test("events in any order, and more than once, end in the same room", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = new Random(seed);
    const { room, log } = past(seed, 40);
    const course = random.shuffled([...log, ...log.filter(() => random.chance(0.3))]);
    const state = course.reduce((before, message) => merge.applyEvent(before, told(message)), merge.EMPTY);
    assert.deepEqual(state.messages, room.messages, `seed ${seed}`);
    assert.deepEqual([state.seq, state.lastNo], [room.seq, room.messages.length]);
  }
});

test("snapshot before plus events is snapshot after", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const { room, log } = past(seed, 30);
    const before = merge.applySnapshot({ snapshot: room.snapshot(1000), seq: room.seq });
    const start = log.length;
    for (let i = 0; i < 20; i++) log.push(i % 3 ? room.post(`later ${i}`) : room.change(i, null));
    const events = new Random(seed).shuffled(log.slice(start));
    const after = events.reduce((state, message) => merge.applyEvent(state, told(message)), before);
    const fresh = merge.applySnapshot({ snapshot: room.snapshot(1000), seq: room.seq });
    assert.deepEqual(after.messages, fresh.messages, `seed ${seed}`);
    assert.deepEqual([after.spans, after.seq, after.lastNo], [fresh.spans, fresh.seq, fresh.lastNo]);
  }
});

test("pages of history and events in any order end in the same room", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = new Random(seed);
    const { room } = past(seed, 80);
    const start = merge.applySnapshot({ snapshot: room.snapshot(5), seq: room.seq });
    /** @type {((state: RoomState) => RoomState)[]} */
    const steps = [];
    for (let i = 0; i < 12; i++) {
      const query = random.chance(0.5) ? { before: 1 + random.below(room.seq) } : { after: 1 + random.below(room.seq) };
      const stale = page(room, query, 1 + random.below(10));
      steps.push((state) => merge.applyHistory(state, stale, query));
      const changed = random.chance(0.5) ? room.post("new") : room.change(random.below(room.messages.length), "changed");
      steps.push((state) => merge.applyEvent(state, told(changed)));
    }
    const states = [steps, random.shuffled(steps), [...random.shuffled(steps), ...steps]].map((course) =>
      course.reduce((state, step) => step(state), start),
    );
    assert.deepEqual(states[1], states[0], `seed ${seed}`);
    assert.deepEqual(states[2], states[0], `seed ${seed}, everything twice`);
    for (const span of states[0].spans) {
      const held = room.messages.filter(({ posted_seq: place }) => span.from <= place && place <= span.to);
      assert.deepEqual(merge.messagesIn(states[0], span), held, `seed ${seed}: a span has no hole and nothing old`);
    }
  }
});

test("reading back page by page reaches the beginning and then asks no more", () => {
  const { room } = past(3, 120);
  let state = merge.applySnapshot({ snapshot: room.snapshot(10), seq: room.seq });
  for (let query = olderQuery(state), pages = 0; query !== null; query = olderQuery(state)) {
    assert.ok(++pages < 20);
    state = merge.applyHistory(state, page(room, query, 10), query);
  }
  assert.deepEqual(shown(state), room.messages);
});

/** @param {RoomState} state */
function olderQuery(state) {
  const span = merge.latestSpan(state);
  return span && merge.olderThan(span);
}

test("a page around an old message stands apart until the gap is read", () => {
  const { room } = past(5, 100);
  let state = merge.applySnapshot({ snapshot: room.snapshot(5), seq: room.seq });
  const old = room.messages.slice(10, 20);
  state = merge.applyHistory(state, { results: old.toReversed(), has_more: true }, { around: old[5].id });
  const span = merge.spanAround(state, old[5].posted_seq);
  assert.deepEqual(merge.messagesIn(state, span), old);
  assert.equal(shown(state).length, 5);
  for (let query = newerQuery(state, old[5]); query !== null; query = newerQuery(state, old[5])) {
    state = merge.applyHistory(state, page(room, query, 10), query);
  }
  assert.deepEqual(shown(state), room.messages.slice(10));
  assert.equal(state.spans.length, 1);
});

/** @param {RoomState} state @param {Message} message */
function newerQuery(state, message) {
  const span = merge.spanAround(state, message.posted_seq);
  return span && merge.newerThan(span);
}

test("an edit of a message that is not loaded is not shown, and wins over the older page", () => {
  const { room } = past(7, 60);
  const state = merge.applySnapshot({ snapshot: room.snapshot(5), seq: room.seq });
  const query = { before: state.messages[0].posted_seq };
  const stale = page(room, query, 100);
  const edited = merge.applyEvent(state, told(room.change(0, "edited")));
  assert.equal(shown(edited).length, 5);
  assert.equal(shown(merge.applyHistory(edited, stale, query))[0].text, "edited");
});

test("what tells nothing new gives back the same object", () => {
  const { room, log } = past(9, 20);
  const state = merge.applySnapshot({ snapshot: room.snapshot(), seq: room.seq });
  for (const message of log) assert.equal(merge.applyEvent(state, told(message)), state);
  assert.equal(merge.applyEvent(state, { event: "typing", data: { active: true }, seq: null }), state);
  const changed = merge.applyEvent(state, told(room.post("new")));
  assert.equal(changed.messages[0], state.messages[0]);
});

test("a room event replaces the room, and an older one does not", () => {
  const { room } = past(11, 5);
  const state = merge.applySnapshot({ snapshot: room.snapshot(), seq: room.seq });
  const renamed = merge.applyEvent(state, { event: "room", data: { name: "New", last_no: 9 }, seq: room.seq + 2 });
  const late = merge.applyEvent(renamed, { event: "room", data: { name: "Between", last_no: 7 }, seq: room.seq + 1 });
  assert.deepEqual([late.room?.name, late.lastNo, late.seq], ["New", 9, room.seq + 2]);
});

test("unread counts what was posted after the last read, and reading never goes back", () => {
  const room = new FakeRoom("chat/a");
  for (let i = 0; i < 5; i++) room.post("text");
  let state = merge.applySnapshot({ snapshot: room.snapshot(), seq: room.seq });
  assert.equal(merge.unreadCount(state), 5);
  state = merge.applyRead(merge.applyRead(state, 4), 2);
  state = merge.applyEvent(state, told(room.post("text")));
  state = merge.applyEvent(state, told(room.change(0, "edited")));
  assert.equal(merge.unreadCount(state), 2);
});

test("an empty room is held from its beginning", () => {
  const state = merge.applySnapshot({ snapshot: new FakeRoom("chat/a").snapshot(), seq: 0 });
  assert.deepEqual([shown(state), olderQuery(state)], [[], null]);
});

test("an entry of the outbox is shown until its message is there", () => {
  const room = new FakeRoom("chat/a");
  const { key } = room.post("mine");
  const state = merge.applySnapshot({ snapshot: room.snapshot(), seq: room.seq });
  const entries = /** @type {any[]} */ ([{ key }, { key: "other" }]);
  assert.deepEqual(merge.unconfirmed(state, entries), [{ key: "other" }]);
});

test("a state is never changed", () => {
  const { room } = past(13, 30);
  const state = frozen(merge.applySnapshot({ snapshot: room.snapshot(10), seq: room.seq }));
  const query = { before: state.messages[0].posted_seq };
  merge.applyHistory(merge.applyEvent(state, told(room.change(25 % room.messages.length, "x"))), page(room, query, 5), query);
  assert.equal(state.messages.length, 10);
});

/**
 * @template T
 * @param {T} value
 * @returns {T}
 */
function frozen(value) {
  if (value !== null && typeof value === "object") Object.values(value).forEach(frozen);
  return Object.freeze(value);
}
