import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import {
  TOPIC,
  answerSubscribes,
  clock,
  open,
  post,
  publish,
  reconnect,
  refuse,
  reload,
  reply,
  sends,
  states,
  tab,
  texts,
} from "../support/outbox.js";

beforeEach(open);

test("what is posted is sent with a key, and gone once it is answered", async () => {
  const entry = await post("hello");
  assert.deepEqual(sends().map(({ op, topic, event, data, key }) => ({ op, topic, event, data, key })), [
    { op: "send", topic: TOPIC, event: "message.post", data: { text: "hello" }, key: entry.key },
  ]);
  assert.match(entry.key, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.deepEqual([states(), tab.client.outbox.waiting], [[["hello", "sending"]], 1]);
  await reply({});
  assert.deepEqual([states(), tab.client.outbox.waiting], [[], 0]);
});

test("one entry of a topic is out at a time, and they go in order", async () => {
  for (const text of ["a", "b", "c"]) await post(text);
  assert.deepEqual(texts(), ["a"]);
  await reply();
  assert.deepEqual(texts(), ["a", "b"]);
  await reply();
  await reply();
  assert.deepEqual(texts(), ["a", "b", "c"]);
});

test("topics do not wait for each other", async () => {
  await post("a");
  await post("b", tab, "chat/b");
  assert.deepEqual(texts(), ["a", "b"]);
});

test("a topic no page shows is subscribed for as long as something is to be sent", async () => {
  await post("a");
  assert.equal(tab.socket.all("subscribe").length, 1);
  assert.deepEqual(tab.socket.all("unsubscribe"), []);
  await reply();
  assert.equal(tab.socket.last("unsubscribe").topic, TOPIC);
});

test("posting to a topic a page shows subscribes no second time", async () => {
  tab.client.subscribe(TOPIC);
  await clock.advance(0);
  await post("a");
  await reply();
  assert.deepEqual([tab.socket.all("subscribe").length, tab.socket.all("unsubscribe")], [1, []]);
});

test("what was posted without a connection is sent after subscribing again, with its key", async () => {
  tab.socket.end();
  const first = await post("a");
  await post("b");
  assert.equal(tab.client.outbox.waiting, 2);
  await reconnect(tab);
  const ops = tab.socket.sent.map(({ op, key }) => [op, key]);
  assert.deepEqual(ops, [["subscribe", undefined], ["send", first.key]]);
});

test("what was unanswered when the connection went is sent again with the same key", async () => {
  const { key } = await post("a");
  await post("b");
  await reconnect(tab);
  assert.deepEqual(sends().map((frame) => frame.key), [key]);
  await reply({ id: 1, seq: 1, duplicate: true });
  assert.deepEqual(texts(), ["a", "b"]);
});

test("an entry sent stays visible until its event is there, and then makes room", async () => {
  tab.client.subscribe(TOPIC);
  const { key } = await post("a");
  let settled = 0;
  tab.client.outbox.addEventListener("settled", () => void (settled += 1));
  await reply({ id: 5, seq: 1, duplicate: false });
  assert.deepEqual(states(), [["a", "sent"]]);
  assert.deepEqual([tab.client.outbox.get(key)?.reply.id, tab.client.outbox.waiting], [5, 0]);
  publish(key, 1);
  assert.deepEqual([states(), settled], [[], 1]);
});

test("an edit, whose event carries another key, makes room when its seq is reached", async () => {
  tab.client.subscribe(TOPIC);
  tab.client.post(TOPIC, "message.edit", { id: 5, text: "x" });
  await clock.advance(0);
  await reply({ seq: 2, duplicate: false });
  assert.deepEqual(states(), [["x", "sent"]]);
  publish("of the post", 1);
  assert.deepEqual(states(), [["x", "sent"]]);
  publish("of the post", 2);
  assert.deepEqual(states(), []);
});

test("an entry sent makes room when recovery passes it", async () => {
  tab.client.subscribe(TOPIC);
  await post("a");
  await reply({ id: 5, seq: 1 });
  await reconnect(tab, 1);
  assert.deepEqual(states(), []);
});

test("an entry sent makes room when nobody shows the topic any more", async () => {
  const room = tab.client.subscribe(TOPIC);
  await post("a");
  await reply({ id: 5, seq: 1 });
  room.close();
  assert.deepEqual(states(), []);
});

test("an entry sent makes room when we are put out of the topic", async () => {
  tab.client.subscribe(TOPIC);
  await post("a");
  await reply({ id: 5, seq: 1 });
  tab.socket.receive({ op: "unsubscribed", topic: TOPIC, code: "kicked", message: "Bye." });
  assert.deepEqual(states(), []);
});

test("an event with an entry's key settles it, whatever became of the reply", async () => {
  tab.client.subscribe(TOPIC);
  /** @type {any[]} */
  const settled = [];
  tab.client.outbox.addEventListener("settled", ({ detail }) => settled.push(detail.entry.data.text));
  const { key } = await post("a");
  await post("b");
  publish(key, 1);
  assert.deepEqual([states(), settled], [[["b", "pending"]], ["a"]]);
  assert.deepEqual(texts(), ["a"], "the reply is still waited for");
  await reply({ id: 1, seq: 1 });
  assert.deepEqual([texts(), settled], [["a", "b"], ["a"]]);
});

test("an event found while recovering settles its entry before it is sent again", async () => {
  tab.client.subscribe(TOPIC);
  const { key } = await post("a");
  tab.network.opened = null;
  tab.socket.end();
  tab.client.retryNow();
  const { socket } = tab;
  socket.answer = (frame) =>
    frame.op === "subscribe" &&
    socket.reply(frame, { epoch: "e1", seq: 1, recovered: true, snapshot: null, events: [{ event: "message", data: { key }, seq: 1 }] });
  socket.greet();
  await clock.advance(0);
  assert.deepEqual([states(), texts()], [[], []]);
});

for (const [fields, wait] of /** @type {const} */ ([[{ retry_after_s: 9 }, 9_250], [{}, 250]])) {
  test(`a refusal that passes is tried again after ${wait} ms, and nothing overtakes it`, async () => {
    const { key } = await post("a");
    await refuse("rate_limited", { retryable: true, ...fields });
    await post("b");
    assert.equal(tab.client.outbox.get(key)?.retryAt, clock.now() + wait);
    await clock.advance(wait - 1);
    assert.deepEqual(texts(), ["a"]);
    await clock.advance(1);
    assert.deepEqual(sends().map((frame) => frame.key), [key, key]);
  });
}

test("refusals that pass are tried with growing waits", async () => {
  await post("a");
  for (const wait of [250, 500, 1000]) {
    await refuse("unavailable", { retryable: true });
    await clock.advance(wait - 1);
    const before = sends().length;
    await clock.advance(1);
    assert.equal(sends().length, before + 1);
  }
});

test("a success makes the next wait the shortest again", async () => {
  await post("a");
  await refuse("unavailable", { retryable: true });
  await clock.advance(250);
  await refuse("unavailable", { retryable: true });
  await post("b");
  await clock.advance(500);
  await reply();
  await refuse("unavailable", { retryable: true });
  await clock.advance(250);
  assert.deepEqual(texts(), ["a", "a", "a", "b", "b"]);
});

test("no answer at all is a refusal that passes", async () => {
  await post("a");
  await clock.advance(30_250);
  assert.deepEqual(texts(), ["a", "a"]);
});

test("a final refusal fails the entry, says why, and lets the next one go", async () => {
  const { key } = await post("a");
  await post("b");
  await refuse("invalid", { field: "text" });
  assert.deepEqual(states(), [["a", "failed"], ["b", "sending"]]);
  assert.deepEqual(tab.client.outbox.get(key)?.error, { code: "invalid", message: "Refused: invalid.", field: "text" });
  assert.equal(tab.client.outbox.waiting, 1);
});

test("what failed is sent again when the user asks, with the same key", async () => {
  const { key } = await post("a");
  await refuse("muted");
  tab.client.outbox.retry(key);
  await clock.advance(0);
  assert.deepEqual(sends().map((frame) => frame.key), [key, key]);
  assert.equal(tab.client.outbox.get(key)?.error, null);
});

test("what is discarded is gone, and the next one goes", async () => {
  const { key } = await post("a");
  await refuse("muted");
  tab.client.outbox.discard(key);
  tab.client.outbox.discard("unknown");
  tab.client.outbox.retry("unknown");
  assert.deepEqual(states(), []);
  await reload();
  assert.deepEqual(states(), []);
});

test("what is too large for the server fails before it is sent", async () => {
  await post("x".repeat(70_000));
  await post("b");
  assert.deepEqual(tab.client.outbox.entries().map(({ error }) => error?.code), ["too_large", undefined]);
  assert.deepEqual(texts(), ["b"]);
});

test("a connection closed for a frame's size fails that frame and comes back", async () => {
  await post("big");
  tab.socket.end(1009);
  tab.client.retryNow();
  answerSubscribes(tab);
  tab.socket.greet();
  await clock.advance(0);
  assert.deepEqual([tab.client.state, states(), texts()], ["connected", [["big", "failed"]], []]);
});

test("an entry for a topic that refuses us fails with the topic's error", async () => {
  const { socket } = tab;
  socket.answer = (frame) => frame.op === "subscribe" && socket.refuse(frame, "not_found");
  const { key } = await post("a");
  assert.deepEqual([states(), tab.client.outbox.get(key)?.error?.code], [[["a", "failed"]], "not_found"]);
  answerSubscribes(tab);
  tab.client.outbox.retry(key);
  await clock.advance(0);
  assert.deepEqual([states(), texts()], [[["a", "sending"]], ["a"]]);
});

test("a server that has lost the subscription is subscribed to again, and then sent to", async () => {
  tab.client.subscribe(TOPIC);
  await post("a");
  await refuse("not_subscribed");
  await clock.advance(250);
  assert.deepEqual([tab.socket.all("subscribe").length, texts()], [2, ["a", "a"]]);
});

test("changing the data after posting changes nothing", async () => {
  tab.socket.end();
  const data = { text: "before" };
  tab.client.post(TOPIC, "message.post", data);
  data.text = "after";
  await reconnect(tab);
  assert.deepEqual(texts(), ["before"]);
});

test("what is no JSON is refused where it is posted", () => {
  assert.throws(() => tab.client.post(TOPIC, "message.post", undefined));
  assert.throws(() => tab.client.post(TOPIC, "message.post", { big: 1n }));
  assert.deepEqual(states(), []);
});

test("every change is told with the entry as it now is", async () => {
  /** @type {any[]} */
  const told = [];
  tab.client.outbox.addEventListener("change", ({ detail }) => told.push([detail.entry?.state, detail.removed]));
  await post("a");
  await reply({ seq: 0 });
  assert.deepEqual(told, [["pending", false], ["sending", false], ["sending", true]]);
});
