import assert from "node:assert/strict";
import { test } from "node:test";

import { BUDGET_MS, Painter } from "../../../static/dashboard/painter.js";

/** A stage whose frames and time a test moves. */
function stage() {
  /** @type {(() => void)[]} */
  const frames = [];
  const state = { now: 0, hidden: false };
  const painter = new Painter({ frame: (callback) => frames.push(callback), now: () => state.now, isHidden: () => state.hidden });
  /** @type {string[]} */
  const painted = [];
  const job = (/** @type {string} */ name, cost = 0) => ({
    paint: () => {
      painted.push(name);
      state.now += cost;
    },
  });
  const frame = () => {
    const before = painted.length;
    frames.shift()?.();
    return painted.slice(before);
  };
  return { state, frames, painter, painted, job, frame };
}

test("twelve charts that take 4 ms each are drawn two a frame, and no frame takes longer than its budget and one chart", () => {
  const { state, frames, painter, job, frame } = stage();
  const charts = Array.from({ length: 12 }, (_, n) => job(`chart ${n}`, 4));
  for (const chart of charts) painter.mark(chart);
  assert.equal(frames.length, 1);
  /** @type {number[]} */
  const perFrame = [];
  while (frames.length > 0) {
    const began = state.now;
    perFrame.push(frame().length);
    assert.ok(state.now - began <= BUDGET_MS + 4);
  }
  assert.deepEqual(perFrame, [2, 2, 2, 2, 2, 2]);
});

test("who is marked again while others wait is drawn after them, and each only once", () => {
  const { frames, painter, painted, job, frame } = stage();
  const [first, second, third] = [job("first", BUDGET_MS), job("second", BUDGET_MS), job("third", BUDGET_MS)];
  for (const each of [first, second, third, second]) painter.mark(each);
  frame();
  painter.mark(first);
  while (frames.length > 0) frame();
  assert.deepEqual(painted, ["first", "second", "third", "first"]);
});

test("canvases come before elements, and one of each comes with every frame", () => {
  const { frames, painter, job, frame } = stage();
  const [tile, table] = [job("tile", 1), job("table", 1)];
  const lines = ["one", "two"].map((name) => Object.assign(job(name, BUDGET_MS), { isCanvas: true }));
  for (const each of [tile, table, ...lines]) painter.mark(each);
  assert.deepEqual(frame(), ["one", "tile"]);
  assert.deepEqual(frame(), ["two", "table"]);
  assert.equal(frames.length, 0);
});

test("a hidden page draws nothing, and what it missed once when it is seen again", () => {
  const { state, frames, painter, job, frame } = stage();
  const chart = job("chart");
  state.hidden = true;
  for (let n = 0; n < 3_600; n += 1) painter.mark(chart);
  assert.equal(frames.length, 0);
  state.hidden = false;
  painter.wake();
  assert.deepEqual(frame(), ["chart"]);
  assert.equal(frames.length, 0);
});

test("one that cannot be drawn is reported and stops nobody", (context) => {
  const { painter, job, frame } = stage();
  /** @type {unknown[]} */
  const reported = [];
  Object.assign(globalThis, { reportError: (/** @type {unknown} */ error) => reported.push(error) });
  context.after(() => Reflect.deleteProperty(globalThis, "reportError"));
  const broken = { paint: () => { throw new Error("broken"); } };
  painter.mark(broken);
  painter.mark(job("whole"));
  assert.deepEqual(frame(), ["whole"]);
  assert.equal(reported.length, 1);
});
