import assert from "node:assert/strict";
import { test } from "node:test";

import { Board } from "../../../static/dashboard/board.js";
import { badgeWords, isStale, staleSentence, staleness } from "../../../static/dashboard/staleness.js";
import { FakeClock } from "../support/clock.js";

/** @import { Description } from "../../../static/dashboard/types.d.ts" */

const OFF_MS = 7_200_000;

/** @returns {Description} */
function description(clock = new FakeClock(), more = {}) {
  const now = clock.now() + OFF_MS;
  return {
    name: "lab", title: "Lab", about: "", interval_s: 1, fields: [], charts: [],
    at: now - 100, now, stale: null, alone: false, alerts: [], state: { a: 1, b: 2 }, ...more,
  };
}

test("a diff changes what it names and keeps the rest", () => {
  const clock = new FakeClock();
  const board = new Board(description(clock), clock);
  /** @type {any[]} */
  const told = [];
  board.addEventListener("change", ({ detail }) => told.push(detail.fields));
  board.diff({ at: clock.now() + OFF_MS, state: { b: 3 }, alone: true });
  assert.deepEqual(board.live.state, { a: 1, b: 3 });
  assert.equal(board.live.alone, true);
  assert.equal(board.live.stale, null);
  assert.deepEqual([...told[0]], ["b"]);
});

test("while it is paused what is shown stands still, and alerts go on", () => {
  const clock = new FakeClock();
  const board = new Board(description(clock), clock);
  const alert = { field: "a", label: "A", severity: /** @type {const} */ ("critical"), value: 2, limit: 1, above: true, unit: "", since: 0 };
  /** @type {any[]} */
  const alerts = [];
  board.addEventListener("alerts", ({ detail }) => alerts.push(detail));
  const until = board.until;
  board.pause();
  board.diff({ at: clock.now() + OFF_MS + 900, state: { a: 9 } });
  board.diff({ at: clock.now() + OFF_MS + 950, state: {}, alerts: [alert] });
  assert.deepEqual([board.shown.state["a"], board.live.state["a"], board.missed, board.until], [1, 9, 2, until]);
  assert.deepEqual(alerts, [[alert]]);
  board.resume();
  assert.deepEqual([board.shown.state["a"], board.paused], [9, false]);
});

test("ages are told by the server's clock, whatever one's own says", async () => {
  const clock = new FakeClock();
  const board = new Board(description(clock), clock);
  await clock.advance(2_000);
  assert.equal(isStale(staleness(board.live, board.now, true)), false);
  await clock.advance(10_000);
  const found = staleness(board.live, board.now, true);
  assert.equal(found.kind, "silent");
  assert.equal(badgeWords(found), "12\u00A0s old");
  assert.match(staleSentence(found), /^Nothing came for a while/);
});

test("nothing comes from the future: a clock that was read too early is set right", () => {
  const clock = new FakeClock();
  const board = new Board(description(clock), clock);
  board.diff({ at: clock.now() + OFF_MS + 3_000, state: {} });
  assert.equal(board.now, clock.now() + OFF_MS + 3_000);
});

test("what the server says of its state counts before its age does", () => {
  const stale = { since: 0, reason: /** @type {const} */ ("failed"), detail: "ValueError" };
  const found = staleness({ at: 1_000, stale, interval_s: 1 }, 2_000, true);
  assert.equal(found.kind, "failed");
  assert.match(staleSentence(found), /could not be computed.*1\u00A0s old/);
});

test("what is pushed is as good as new while there is a connection, and old without one", () => {
  const pushed = { at: 0, stale: null, interval_s: null };
  assert.equal(staleness(pushed, 3_600_000, true).kind, "fresh");
  assert.equal(staleness(pushed, 3_600_000, false).kind, "silent");
  assert.equal(staleness({ ...pushed, at: null }, 0, true).kind, "empty");
  assert.equal(staleness({ at: null, stale: null, interval_s: 1 }, 0, true).kind, "never");
});

test("a slow source is late only after three of its intervals", () => {
  const slow = { at: 0, stale: null, interval_s: 30 };
  assert.equal(staleness(slow, 90_000, true).kind, "fresh");
  assert.equal(staleness(slow, 90_001, true).kind, "silent");
});
