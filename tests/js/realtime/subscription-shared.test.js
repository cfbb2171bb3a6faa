import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { answer, heard, live, logged, open, publish, reconnect, recovered, subscribes, tab } from "../support/subscriptions.js";

beforeEach(open);

test("two subscriptions share one topic on the wire", async () => {
  const first = heard(tab.client.subscribe("chat/a"));
  const second = heard(tab.client.subscribe("chat/a"));
  assert.equal(subscribes().length, 1);
  await answer(logged(10));
  publish(11);
  assert.deepEqual(first, [["snapshot", "state 10", 10], ["message", 11, 11]]);
  assert.deepEqual(second, first);
});

test("who joins later gets a snapshot of its own, and the first one is left in peace", async () => {
  const { lines } = await live();
  const second = heard(tab.client.subscribe("chat/a"));
  assert.equal("since" in tab.socket.last("subscribe"), false);
  publish(11);
  await answer(logged(11));
  publish(12);
  assert.deepEqual(lines, [["message", 11, 11], ["message", 12, 12]]);
  assert.deepEqual(second, [["snapshot", "state 11", 11], ["message", 12, 12]]);
});

test("who joins later hears what came before its snapshot's answer but after its state", async () => {
  const { lines } = await live();
  const second = heard(tab.client.subscribe("chat/a"));
  publish(11);
  publish(12);
  await answer(logged(11));
  assert.deepEqual(lines, [["message", 11, 11], ["message", 12, 12]]);
  assert.deepEqual(second, [["snapshot", "state 11", 11], ["message", 12, 12]]);
});

test("who joined first gets the later one's snapshot only if it had missed something", async () => {
  const { lines } = await live();
  tab.client.subscribe("chat/a");
  await answer(logged(12));
  assert.deepEqual(lines, [["snapshot", "state 12", 12]]);
});

test("who joins while a recovery is under way gets a snapshot after it", async () => {
  const { lines } = await live();
  await reconnect();
  const second = heard(tab.client.subscribe("chat/a"));
  await answer(recovered(11, [11]));
  assert.equal("since" in tab.socket.last("subscribe"), false);
  await answer(logged(11));
  assert.deepEqual(lines, [["message", 11, 11], ["recovered", 1]]);
  assert.deepEqual(second, [["snapshot", "state 11", 11]]);
});

test("other params for a shared topic are refused", async () => {
  tab.client.subscribe("chat/a", { params: { n: 1 } });
  tab.client.subscribe("chat/a", { params: { n: 1 } });
  assert.throws(() => tab.client.subscribe("chat/a", { params: { n: 2 } }), /other params/);
});

test("the last one to close ends it on the wire", async () => {
  const { room, lines } = await live();
  const second = tab.client.subscribe("chat/a");
  await answer(logged(10));
  room.close();
  room.close();
  publish(11);
  assert.deepEqual([lines, room.state, second.state], [[], "closed", "live"]);
  assert.deepEqual(tab.socket.all("unsubscribe"), []);
  second.close();
  assert.equal(tab.socket.last("unsubscribe").topic, "chat/a");
  await reconnect();
  assert.deepEqual(subscribes(), []);
});
