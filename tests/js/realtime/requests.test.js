import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { json } from "../../../static/realtime/frames.js";
import { Requests } from "../../../static/realtime/requests.js";
import { FakeClock } from "../support/clock.js";

/** @import { Request } from "../../../static/realtime/types.d.ts" */

/** @type {FakeClock} */
let clock;
/** @type {any[]} */
let sent;
/** @type {boolean} */
let connected;
/** @type {Requests} */
let requests;

beforeEach(() => {
  clock = new FakeClock();
  sent = [];
  connected = true;
  requests = new Requests({
    clock,
    encoding: () => json,
    transmit: (message) => connected && sent.push(json.decode(message)) > 0,
  });
});

/**
 * @param {string} text
 * @returns {Request}
 */
const say = (text) => ({ op: "send", topic: "t", event: "say", data: { text } });

test("each request has a number of its own and gets the reply with that number", async () => {
  const [first, second] = [requests.ask(say("a")), requests.ask(say("b"))];
  assert.notEqual(sent[0].id, sent[1].id);
  requests.reply({ op: "reply", id: sent[1].id, data: "B" });
  requests.reply({ op: "reply", id: sent[0].id, data: "A" });
  assert.deepEqual(await Promise.all([first, second]), ["A", "B"]);
  assert.equal(clock.pending, 0);
});

test("an error frame rejects with all it says", async () => {
  const asked = requests.ask(say("a"));
  requests.refuse({ op: "error", id: sent[0].id, code: "slow_mode", message: "Slow.", retryable: true, retry_after_s: 4, field: "text" });
  await assert.rejects(asked, { name: "RealtimeError", code: "slow_mode", message: "Slow.", retryable: true, retryAfterS: 4, field: "text" });
});

test("an error frame without a number, and answers to nothing, touch no request", async () => {
  const asked = requests.ask(say("a"));
  requests.refuse({ op: "error", code: "bad_frame", message: "Bad.", retryable: false });
  requests.reply({ op: "reply", id: 999, data: null });
  requests.reply({ op: "reply", id: sent[0].id, data: "ok" });
  assert.equal(await asked, "ok");
});

test("without a connection a request is refused at once, as one that may be tried again", async () => {
  connected = false;
  await assert.rejects(requests.ask(say("a")), { code: "disconnected", retryable: true });
  assert.equal(clock.pending, 0);
});

test("a request that is never answered ends after half a minute", async () => {
  const asked = assert.rejects(requests.ask(say("a")), { code: "timeout", retryable: true });
  await clock.advance(30_000);
  await asked;
});

test("a lost connection rejects all that is unanswered and leaves no timer", async () => {
  const asked = [requests.ask(say("a")), requests.ask(say("b"))].map((each) => assert.rejects(each, { code: "disconnected" }));
  requests.abandon();
  await Promise.all(asked);
  assert.equal(clock.pending, 0);
});

test("a connection closed for a frame's size condemns the biggest unanswered frame alone", async () => {
  const small = assert.rejects(requests.ask(say("a")), { code: "disconnected" });
  const big = assert.rejects(requests.ask(say("a".repeat(1000))), { code: "too_large", retryable: false });
  requests.abandon(true);
  await Promise.all([small, big]);
});

test("what is over the limit is refused before it is sent", async () => {
  await assert.rejects(requests.ask(say("é".repeat(50)), 120), { code: "too_large", retryable: false });
  assert.deepEqual(sent, []);
});
