import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError } from "../../../static/chat/api-error.js";
import { keysChoice } from "../../../static/dashboard/keys.js";
import { HistoryLoader, follow } from "../../../static/dashboard/live.js";
import { Timeline } from "../../../static/dashboard/timeline.js";
import { Emitter } from "../../../static/realtime/emitter.js";
import { FakeClock } from "../support/clock.js";

function desk() {
  const clock = new FakeClock();
  const timeline = new Timeline(["a"], 1);
  /** @type {{ path: string, answer: (history: object) => void, refuse: (error: Error) => void }[]} */
  const asked = [];
  const api = { ask: (/** @type {string} */ _, /** @type {string} */ path) => new Promise((answer, refuse) => void asked.push({ path, answer, refuse })) };
  const told = { changes: 0 };
  const board = { live: { name: "lab" } };
  const loader = new HistoryLoader(/** @type {any} */ (api), /** @type {any} */ (board), timeline, clock, () => (told.changes += 1));
  const history = (/** @type {number[]} */ at) => ({ step_s: 1, at, fields: { a: at } });
  return { clock, timeline, asked, told, loader, history };
}

test("an answer that comes after a later question was asked is not taken", async () => {
  const { clock, timeline, asked, loader, history } = desk();
  void loader.load(5);
  void loader.load(60);
  assert.deepEqual(asked.map(({ path }) => path), [5, 60].map((minutes) => `dashboard/lab/history/?minutes=${minutes}`));
  asked[1].answer(history([1_000, 2_000]));
  await clock.advance(0);
  asked[0].answer(history([3_000]));
  await clock.advance(0);
  assert.equal(timeline.length, 2);
});

test("what could not be had is said, and asked for again, ever less often", async () => {
  const { clock, asked, told, loader, history } = desk();
  void loader.load(5);
  for (const waitMs of [2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
    asked.at(-1)?.refuse(new ApiError(503, "away"));
    await clock.advance(waitMs - 1);
    const count = asked.length;
    assert.equal(loader.failed, true);
    await clock.advance(1);
    assert.equal(asked.length, count + 1);
  }
  asked.at(-1)?.answer(history([1_000]));
  await clock.advance(0);
  assert.equal(loader.failed, false);
  assert.equal(told.changes, 7);
  assert.equal(clock.pending, 0);
});

test("another range asked for while one waits to be tried again takes its place", async () => {
  const { clock, asked, loader, history } = desk();
  void loader.load(5);
  asked[0].refuse(new ApiError(0, "away"));
  await clock.advance(0);
  void loader.load(15);
  asked[1].answer(history([1_000]));
  await clock.advance(60_000);
  assert.equal(asked.length, 2);
});

test("a topic tells what it is, what changes, and that it may not be seen any more", () => {
  const topic = /** @type {any} */ (new Emitter());
  /** @type {any[]} */
  const heard = [];
  const client = /** @type {any} */ ({ subscribe: (/** @type {string} */ name) => heard.push(name) && topic });
  follow(client, "lab", {
    snapshot: (snapshot) => heard.push(["snapshot", snapshot]),
    diff: (diff) => heard.push(["diff", diff]),
    ended: (message) => heard.push(["ended", message]),
  });
  topic.emit("snapshot", { snapshot: 1 });
  topic.emit("event", { event: "diff", data: 2 });
  topic.emit("event", { event: "of another release", data: 3 });
  topic.emit("error", { error: new Error("again"), final: false });
  topic.emit("error", { error: new Error("no such dashboard"), final: true });
  topic.emit("unsubscribed", { code: "removed", message: "removed" });
  assert.deepEqual(heard, ["dashboard/lab", ["snapshot", 1], ["diff", 2], ["ended", "no such dashboard"], ["ended", "removed"]]);
});

test("whether letters count is remembered, and holds where nothing can be", () => {
  const kept = new Map();
  const storage = { getItem: (/** @type {string} */ key) => kept.get(key) ?? null, setItem: (/** @type {string} */ key, /** @type {string} */ value) => void kept.set(key, value) };
  const box = () => /** @type {any} */ (Object.assign(new EventTarget(), { checked: true }));
  const [first, second, third] = [box(), box(), box()];
  const isOn = keysChoice(first, storage);
  assert.equal(isOn(), true);
  first.checked = false;
  first.dispatchEvent(new Event("change"));
  assert.equal(keysChoice(second, storage)(), false);
  assert.equal(keysChoice(third, null)(), true);
});
