import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Heartbeat } from "../../../static/realtime/heartbeat.js";
import { FakeClock } from "../support/clock.js";

/** @type {FakeClock} */
let clock;
/** @type {Heartbeat} */
let heartbeat;
/** When pings went out, in ms after the beginning. @type {number[]} */
let pings;
/** @type {string[]} */
let deaths;

beforeEach(() => {
  clock = new FakeClock();
  const start = clock.now();
  pings = [];
  deaths = [];
  heartbeat = new Heartbeat({
    clock,
    everyMs: 25_000,
    ping: () => void pings.push(clock.now() - start),
    dead: (reason) => void deaths.push(reason),
  });
});

test("a ping goes out when nothing was sent for the heartbeat's time", async () => {
  await clock.advance(24_999);
  assert.deepEqual(pings, []);
  await clock.advance(1);
  assert.deepEqual(pings, [25_000]);
});

test("whatever is sent puts the ping off", async () => {
  await clock.advance(20_000);
  heartbeat.sent();
  await clock.advance(24_999);
  assert.deepEqual(pings, []);
  await clock.advance(1);
  assert.deepEqual(pings, [45_000]);
});

test("any frame within ten seconds after a ping is a sign of life", async () => {
  await clock.advance(34_000);
  heartbeat.received();
  await clock.advance(15_999);
  assert.deepEqual([pings, deaths], [[25_000], []]);
});

test("silence for ten seconds after a ping is the end, told once", async () => {
  await clock.advance(34_999);
  assert.deepEqual(deaths, []);
  await clock.advance(1);
  assert.deepEqual(deaths, ["heartbeat_missed"]);
  assert.equal(clock.pending, 0);
});

test("receiving much does not spare the ping: the server counts what we send", async () => {
  for (let second = 0; second < 60; second++) {
    heartbeat.received();
    await clock.advance(1000);
  }
  assert.deepEqual(pings, [25_000, 50_000]);
});

test("after a long sleep the end is noticed within seconds, without waiting for an answer", async () => {
  await clock.advance(3_000);
  clock.sleep(3_600_000);
  await clock.advance(5_000);
  assert.deepEqual([pings, deaths], [[], ["slept"]]);
});

test("after a short sleep the connection is asked, not given up", async () => {
  await clock.advance(3_000);
  clock.sleep(40_000);
  await clock.advance(5_000);
  assert.equal(pings.length, 1);
  heartbeat.received();
  await clock.advance(20_000);
  assert.deepEqual(deaths, []);
});

test("a hidden tab, whose timers run once a minute, keeps its connection", async () => {
  for (let minute = 0; minute < 30; minute++) {
    clock.sleep(55_000);
    await clock.advance(5_000);
    heartbeat.received();
  }
  assert.deepEqual(deaths, []);
  assert.equal(pings.length, 30);
});

test("a clock that is set back neither ends the connection nor stops the pings", async () => {
  await clock.advance(10_000);
  clock.sleep(-86_400_000);
  await clock.advance(60_000);
  heartbeat.received();
  assert.equal(deaths.length + pings.length, 3 - 1);
});

test("in doubt a ping goes out at once, and its answer is waited for less long", async () => {
  heartbeat.probe();
  assert.deepEqual(pings, [0]);
  await clock.advance(3_999);
  assert.deepEqual(deaths, []);
  await clock.advance(1);
  assert.deepEqual(deaths, ["heartbeat_missed"]);
});

test("doubt does not prolong the wait for an answer that is due", async () => {
  await clock.advance(34_000);
  heartbeat.probe();
  await clock.advance(1_000);
  assert.deepEqual(deaths, ["heartbeat_missed"]);
});

test("doubt that is answered is forgotten", async () => {
  heartbeat.probe();
  await clock.advance(100);
  heartbeat.received();
  await clock.advance(24_000);
  assert.deepEqual([pings, deaths], [[0], []]);
});

test("doubt upon waking after a long sleep needs no ping", () => {
  clock.sleep(3_600_000);
  heartbeat.probe();
  assert.deepEqual([pings, deaths], [[], ["slept"]]);
  assert.equal(clock.pending, 0);
});

test("stopping leaves no timer", () => {
  heartbeat.stop();
  assert.equal(clock.pending, 0);
});
