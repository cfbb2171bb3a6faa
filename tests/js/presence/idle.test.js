import assert from "node:assert/strict";
import { test } from "node:test";

import { IDLE_AFTER_MS, Idle } from "../../../static/presence/idle.js";
import { FakeClock } from "../support/clock.js";

function desk() {
  const clock = new FakeClock();
  const page = new EventTarget();
  const home = new EventTarget();
  /** @type {boolean[]} */
  const told = [];
  /** @type {string[]} */
  const stored = [];
  const storage = { setItem: (/** @type {string} */ key) => void stored.push(key) };
  const idle = new Idle({ clock, page, home, storage, changed: (away) => told.push(away) });
  const input = (/** @type {string} */ type) => page.dispatchEvent(new Event(type));
  const elsewhere = (/** @type {string} */ key) => home.dispatchEvent(Object.assign(new Event("storage"), { key }));
  return { clock, idle, told, stored, input, elsewhere };
}

test("nobody for five minutes is away, and any input is back", async () => {
  const { clock, told, input, idle } = desk();
  await clock.advance(IDLE_AFTER_MS - 1);
  assert.deepEqual(told, []);
  await clock.advance(1);
  assert.deepEqual(told, [true]);
  assert.equal(idle.away, true);
  input("pointermove");
  assert.deepEqual(told, [true, false]);
  await clock.advance(IDLE_AFTER_MS);
  assert.deepEqual(told, [true, false, true]);
});

test("who goes on typing is never away, and the other tabs are told once a second at most", async () => {
  const { clock, told, stored, input } = desk();
  for (let second = 0; second < 600; second += 1) {
    for (let key = 0; key < 5; key += 1) input("keydown");
    await clock.advance(1_000);
  }
  assert.deepEqual(told, []);
  assert.ok(stored.length <= 600 && stored.length > 500, String(stored.length));
});

test("input in another tab counts here", async () => {
  const { clock, told, elsewhere } = desk();
  await clock.advance(IDLE_AFTER_MS - 1_000);
  elsewhere("chorus.active");
  await clock.advance(IDLE_AFTER_MS - 1);
  assert.deepEqual(told, []);
  elsewhere("another.key");
  await clock.advance(1);
  assert.deepEqual(told, [true]);
  elsewhere("chorus.active");
  assert.deepEqual(told, [true, false]);
});

test("a laptop that slept for an hour is away when it wakes, until somebody touches it", async () => {
  const { clock, told, input } = desk();
  clock.sleep(3_600_000);
  await clock.advance(IDLE_AFTER_MS);
  assert.deepEqual(told, [true]);
  input("keydown");
  assert.deepEqual(told, [true, false]);
});

test("stopped, it hears and tells nothing, and leaves no timer", async () => {
  const { clock, told, input, idle } = desk();
  idle.stop();
  input("keydown");
  await clock.advance(IDLE_AFTER_MS * 2);
  assert.deepEqual(told, []);
  assert.equal(clock.pending, 0);
});

test("a browser that keeps nothing is no reason to fail", () => {
  const page = new EventTarget();
  const storage = {
    setItem: () => {
      throw new Error("quota");
    },
  };
  const clock = new FakeClock();
  const idle = new Idle({ clock, page, home: new EventTarget(), storage, changed: () => {} });
  clock.sleep(2_000);
  page.dispatchEvent(new Event("keydown"));
  assert.equal(idle.away, false);
});
