import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { answer, clock, heard, live, logged, open, publish, reconnect, recovered, subscribes, tab } from "../support/subscriptions.js";

beforeEach(open);

test("a subscription begins with a snapshot and goes on with events", async () => {
  const room = tab.client.subscribe("chat/a", { params: { window_s: 60 } });
  const lines = heard(room);
  assert.deepEqual({ ...tab.socket.last("subscribe"), id: 0 }, { op: "subscribe", id: 0, topic: "chat/a", params: { window_s: 60 } });
  assert.equal(room.state, "subscribing");
  await answer(logged(10));
  publish(11);
  publish(12);
  assert.deepEqual(lines, [["snapshot", "state 10", 10], ["message", 11, 11], ["message", 12, 12]]);
  assert.deepEqual([room.state, room.position], ["live", { epoch: "e1", seq: 12 }]);
});

test("an event that is known already is dropped", async () => {
  const { lines, room } = await live();
  publish(10);
  publish(3);
  publish(11);
  publish(11);
  assert.deepEqual(lines, [["message", 11, 11]]);
  assert.equal(room.position?.seq, 11);
});

test("an event that follows an earlier one than its number says is taken", async () => {
  const { lines } = await live();
  publish(15, 10);
  publish(20, 12);
  assert.deepEqual(lines, [["message", 15, 15], ["message", 20, 20]]);
  assert.equal(subscribes().length, 1);
});

test("a hole is healed by subscribing again from before it, once", async () => {
  const { room, lines } = await live();
  publish(13);
  publish(14);
  publish(15, 13);
  assert.deepEqual(lines, []);
  assert.equal(subscribes().length, 2);
  assert.deepEqual(tab.socket.last("subscribe").since, { epoch: "e1", seq: 10 });
  await answer(recovered(13, [11, 12, 13]));
  assert.deepEqual(lines, [["message", 11, 11], ["message", 12, 12], ["message", 13, 13], ["recovered", 3], ["message", 14, 14], ["message", 15, 15]]);
  assert.deepEqual([room.state, subscribes().length], ["live", 2]);
});

test("a hole that stays is asked for again, with a pause", async () => {
  const { lines } = await live();
  publish(13);
  publish(20);
  await answer(recovered(13, [11, 12, 13]));
  assert.equal(subscribes().length, 2);
  await clock.advance(250);
  assert.deepEqual(tab.socket.last("subscribe").since, { epoch: "e1", seq: 13 });
  await answer(recovered(20, [18, 20]));
  assert.deepEqual(lines.at(-1), ["recovered", 2]);
  publish(22);
  assert.equal(subscribes().length, 4, "the next hole is another one");
});

test("more events than can be kept before the answer cost another recovery, and no more", async () => {
  const { room, lines } = await live();
  for (let seq = 13; seq < 1_513; seq++) publish(seq);
  await answer(recovered(13, [11, 12, 13]));
  assert.deepEqual([room.position?.seq, subscribes().length], [1_013, 2]);
  publish(1_513);
  assert.deepEqual(tab.socket.last("subscribe").since, { epoch: "e1", seq: 1_013 });
  await answer(recovered(1_513, [1_014, 1_513]));
  assert.deepEqual([room.position?.seq, lines.at(-1)], [1_513, ["recovered", 2]]);
});

test("events before the answer that still fit are passed on, and not a second time", async () => {
  const { lines } = await live();
  publish(12);
  publish(11);
  publish(12);
  assert.deepEqual(lines, [["message", 11, 11], ["message", 12, 12]]);
  await answer(recovered(12, [11, 12]));
  assert.deepEqual(lines.slice(2), [["recovered", 0]]);
});

test("after a lost connection it goes on where it was, and says how much was missed", async () => {
  const { room, lines } = await live();
  await reconnect();
  assert.deepEqual(tab.socket.last("subscribe").since, { epoch: "e1", seq: 10 });
  await answer(recovered(14, [12, 13]));
  publish(15);
  assert.deepEqual(lines, [["message", 12, 12], ["message", 13, 13], ["recovered", 2], ["message", 15, 15]]);
  assert.deepEqual(room.position, { epoch: "e1", seq: 15 });
});

test("the position after recovery is the reply's, even if the last event is lower", async () => {
  const { room, lines } = await live();
  await reconnect();
  await answer(recovered(14, [12]));
  publish(14);
  publish(13);
  assert.deepEqual(lines, [["message", 12, 12], ["recovered", 1]]);
  assert.equal(room.position?.seq, 14);
});

test("what cannot be recovered comes as a snapshot that replaces all", async () => {
  const { room, lines } = await live();
  await reconnect();
  await answer(logged(3, { epoch: "e2" }));
  publish(4);
  assert.deepEqual(lines, [["snapshot", "state 3", 3], ["message", 4, 4]]);
  assert.deepEqual(room.position, { epoch: "e2", seq: 4 });
});

test("an answer to a subscribe of a lost connection is nobody's", async () => {
  const room = tab.client.subscribe("chat/a");
  const lines = heard(room);
  const [old, request] = [tab.socket, tab.socket.last("subscribe")];
  await reconnect();
  old.reply(request, logged(5));
  await clock.advance(0);
  assert.deepEqual([lines, room.state], [[], "subscribing"]);
});

test("a topic without a log gets states and diffs, and a snapshot event replaces all", async () => {
  const room = tab.client.subscribe("chat/a");
  const lines = heard(room);
  publish();
  await answer({ snapshot: "s1" });
  publish();
  tab.socket.receive({ op: "event", topic: "chat/a", event: "snapshot", data: "s2" });
  assert.deepEqual(lines, [["snapshot", "s1", null], ["message", "none", null], ["snapshot", "s2", null]]);
  assert.equal(room.position, null);
  await reconnect();
  assert.equal("since" in tab.socket.last("subscribe"), false);
  await answer({ snapshot: "s3" });
  assert.deepEqual(lines.at(-1), ["snapshot", "s3", null]);
});

test("events without a seq pass through on a durable topic too", async () => {
  const { room, lines } = await live();
  publish();
  assert.deepEqual(lines, [["message", "none", null]]);
  assert.equal(room.position?.seq, 10);
});

test("what the server does not know of is closed without a word to it", async () => {
  const refused = tab.client.subscribe("chat/a");
  tab.socket.refuse(tab.socket.last("subscribe"), "not_found");
  await clock.advance(0);
  refused.close();
  assert.deepEqual(tab.socket.all("unsubscribe"), []);
});

test("an event called snapshot is like any other on a durable topic", async () => {
  const { room, lines } = await live();
  tab.socket.receive({ op: "event", topic: "chat/a", event: "snapshot", data: "s" });
  assert.deepEqual([lines, room.position?.seq], [[["snapshot", "s", null]], 10]);
});

test("closing and subscribing again begins anew, in this order", async () => {
  const { room } = await live();
  room.close();
  const again = heard(tab.client.subscribe("chat/a"));
  publish(11);
  assert.deepEqual(tab.socket.sent.slice(-2).map(({ op, since }) => [op, since]), [["unsubscribe", undefined], ["subscribe", undefined]]);
  await answer(logged(11));
  publish(12);
  assert.deepEqual(again, [["snapshot", "state 11", 11], ["message", 12, 12]]);
});

for (const [fields, wait] of /** @type {const} */ ([[{ retry_after_s: 7 }, 7_250], [{}, 250]])) {
  test(`a refusal that passes is tried again after ${wait} ms`, async () => {
    const room = tab.client.subscribe("chat/a");
    const lines = heard(room);
    tab.socket.refuse(tab.socket.last("subscribe"), "unavailable", { retryable: true, ...fields });
    await clock.advance(0);
    assert.deepEqual([room.state, lines], ["waiting", [["error", "unavailable", false]]]);
    tab.client.subscribe("chat/a");
    await clock.advance(wait - 1);
    assert.equal(subscribes().length, 1);
    await clock.advance(1);
    assert.equal(subscribes().length, 2);
    await answer(logged(1));
    assert.deepEqual([room.state, room.error], ["live", null]);
  });
}

test("a final refusal is a state, until somebody asks again", async () => {
  const room = tab.client.subscribe("chat/a");
  const lines = heard(room);
  tab.socket.refuse(tab.socket.last("subscribe"), "not_found");
  await clock.advance(0);
  assert.deepEqual([room.state, room.error?.code, lines], ["failed", "not_found", [["error", "not_found", true]]]);
  await reconnect();
  assert.deepEqual(subscribes(), []);
  room.retry();
  await answer(logged(1));
  assert.deepEqual([room.state, room.error], ["live", null]);
});

test("a subscribe that is never answered is asked again", async () => {
  tab.client.subscribe("chat/a");
  const { socket } = tab;
  socket.answer = (frame) => frame.op === "ping" && socket.receive({ op: "pong" });
  await clock.advance(30_250);
  assert.equal(subscribes().length, 2);
});

test("being put out by the server is told, and lasts over a reconnect", async () => {
  const { room, lines } = await live();
  tab.socket.receive({ op: "unsubscribed", topic: "chat/a", code: "kicked", message: "Bye." });
  assert.deepEqual([room.state, room.error?.message, lines], ["failed", "Bye.", [["unsubscribed", "kicked"]]]);
  publish(14);
  await reconnect();
  assert.deepEqual(subscribes(), []);
  room.retry();
  assert.deepEqual(tab.socket.last("subscribe").since, { epoch: "e1", seq: 10 });
});

test("being put out while asking again is decided by the answer", async () => {
  const { room } = await live();
  publish(13);
  tab.socket.receive({ op: "unsubscribed", topic: "chat/a", code: "kicked", message: "Bye." });
  assert.equal(room.state, "subscribing");
  tab.socket.refuse(tab.socket.last("subscribe"), "not_found");
  await clock.advance(0);
  assert.equal(room.state, "failed");
});

test("a listener may ask again at once when it is put out", async () => {
  const { room } = await live();
  room.addEventListener("unsubscribed", () => room.retry());
  tab.socket.receive({ op: "unsubscribed", topic: "chat/a", code: "removed", message: "Bye." });
  assert.equal(room.state, "subscribing");
  await answer(recovered(10, []));
  assert.equal(room.state, "live");
});

test("a listener that closes on the snapshot leaves nothing behind", async () => {
  const room = tab.client.subscribe("chat/a");
  room.addEventListener("snapshot", () => room.close());
  await answer(logged(10));
  assert.equal(room.state, "closed");
  assert.deepEqual(tab.socket.all("unsubscribe").map(({ topic }) => topic), ["chat/a"]);
  tab.socket.reply(tab.socket.last("unsubscribe"), {});
  assert.deepEqual([subscribes().length, clock.pending], [1, 1], "nothing is left but the heartbeat");
});

test("a listener that stops the client on the snapshot is obeyed", async () => {
  const room = tab.client.subscribe("chat/a");
  room.addEventListener("snapshot", () => tab.client.stop());
  await answer(logged(10));
  assert.deepEqual([room.state, tab.client.state, clock.pending], ["waiting", "idle", 0]);
});

test("the states of a subscription are told in order", async () => {
  const room = tab.client.subscribe("chat/a");
  /** @type {string[]} */
  const states = [];
  room.addEventListener("state", ({ detail }) => states.push(detail.state));
  await answer(logged(1));
  await reconnect();
  await answer(recovered(1, []));
  room.close();
  assert.deepEqual(states, ["live", "waiting", "subscribing", "live", "closed"]);
});

test("events of topics nobody wants are passed over", () => {
  tab.socket.receive({ op: "event", topic: "chat/b", event: "message", data: 1, seq: 1 });
  tab.socket.receive({ op: "unsubscribed", topic: "chat/b", code: "gone", message: "" });
  assert.equal(tab.client.state, "connected");
});
