import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { RealtimeClient } from "../../../static/realtime/client.js";
import { Browser } from "../support/browser.js";

/** @import { Tab } from "../support/browser.js" */

/** @type {Tab} */
let tab;

beforeEach(async () => {
  tab = new Browser().tab();
  await tab.connect();
});

async function live() {
  const room = tab.client.subscribe("chat/a");
  tab.socket.reply(tab.socket.last("subscribe"), { epoch: "e1", seq: 1, recovered: false, events: [], snapshot: {} });
  await tab.browser.clock.advance(0);
  return room;
}

test("send goes out without a number, and only on a live topic", async () => {
  assert.equal(tab.client.send("chat/a", "typing", { active: true }), false);
  await live();
  assert.equal(tab.client.send("chat/a", "typing", { active: true }), true);
  assert.deepEqual(tab.socket.last("send"), { op: "send", topic: "chat/a", event: "typing", data: { active: true } });
  tab.socket.end();
  assert.equal(tab.client.send("chat/a", "typing", { active: false }), false);
});

test("request resolves with the reply and rejects with the error", async () => {
  await live();
  const read = tab.client.request("chat/a", "read", { no: 3 });
  tab.socket.reply(tab.socket.last("send"), { ok: 1 });
  assert.deepEqual(await read, { ok: 1 });
  const refused = tab.client.request("chat/a", "read", { no: -1 });
  tab.socket.refuse(tab.socket.last("send"), "invalid", { field: "no" });
  await assert.rejects(refused, { code: "invalid", field: "no", retryable: false });
});

test("request says when there is no connection, or when it is lost before the answer", async () => {
  await live();
  const lost = assert.rejects(tab.client.request("chat/a", "read", { no: 3 }), { code: "disconnected" });
  tab.socket.end();
  await lost;
  await assert.rejects(tab.client.request("chat/a", "read", { no: 3 }), { code: "disconnected", retryable: true });
});

test("a listener that throws stops nobody", async (t) => {
  const reported = collectUncaught(t);
  const room = await live();
  const fault = new Error("A fault of the page.");
  /** @type {string[]} */
  const heard = [];
  for (const [target, types] of /** @type {[EventTarget, string[]][]} */ ([
    [tab.client, ["state"]], [room, ["event", "state"]], [tab.client.outbox, ["change"]],
  ])) {
    for (const type of types) {
      target.addEventListener(type, () => {
        throw fault;
      });
      target.addEventListener(type, () => void heard.push(type));
    }
  }
  tab.socket.receive({ op: "event", topic: "chat/a", event: "message", data: {}, seq: 2 });
  tab.client.post("chat/a", "message.post", { text: "a" });
  tab.socket.end();
  await tab.browser.clock.advance(250);
  assert.deepEqual(new Set(heard), new Set(["event", "change", "state"]));
  assert.deepEqual(reported, heard.map(() => fault));
  tab.socket.greet();
  await tab.browser.clock.advance(0);
  assert.equal(tab.client.state, "connected");
  assert.equal(tab.socket.last("subscribe").since.seq, 2);
});

/**
 * Node treats what a listener throws as uncaught, a browser reports it to the console.
 *
 * @param {import("node:test").TestContext} t
 * @returns {unknown[]}
 */
function collectUncaught(t) {
  /** @type {unknown[]} */
  const errors = [];
  const theirs = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException").on("uncaughtException", (error) => void errors.push(error));
  t.after(() => {
    process.removeAllListeners("uncaughtException");
    for (const listener of theirs) process.on("uncaughtException", listener);
  });
  return errors;
}

test("each greeting is told with the connection's name and limits", async () => {
  /** @type {string[]} */
  const names = [];
  tab.client.addEventListener("hello", ({ detail }) => names.push(detail.connection));
  tab.socket.end();
  await tab.browser.clock.advance(250);
  tab.socket.greet({ connection: "c2" });
  await tab.browser.clock.advance(0);
  assert.deepEqual(names, ["c2"]);
});

test("a listener that was removed hears nothing more", async () => {
  let heard = 0;
  const count = () => void (heard += 1);
  tab.client.addEventListener("state", count);
  tab.client.removeEventListener("state", count);
  tab.socket.end();
  assert.equal(heard, 0);
});

test("a stopped client leaves no timer, with requests, subscriptions and posts under way", async () => {
  await live();
  const lost = assert.rejects(tab.client.request("chat/a", "read", { no: 3 }));
  tab.client.subscribe("chat/b");
  tab.client.post("chat/a", "message.post", { text: "a" });
  tab.client.post("chat/c", "message.post", { text: "a" });
  tab.socket.receive({ op: "event", topic: "chat/a", event: "message", data: {}, seq: 9 });
  tab.client.stop();
  await lost;
  await tab.browser.clock.advance(0);
  assert.equal(tab.browser.clock.pending, 0);
  assert.equal(tab.page.listeners.size, 0);
});

test("a subscription lasts over stop and start", async () => {
  const room = await live();
  tab.client.stop();
  assert.equal(room.state, "waiting");
  tab.client.start();
  tab.socket.greet();
  await tab.browser.clock.advance(0);
  assert.deepEqual(tab.socket.last("subscribe").since, { epoch: "e1", seq: 1 });
});

for (const [given, used] of [
  ["ws://a.test/ws/", "ws://a.test/ws/"],
  ["wss://a.test/ws/", "wss://a.test/ws/"],
  ["https://a.test/ws/", "wss://a.test/ws/"],
  ["/ws/", "wss://page.test/ws/"],
]) {
  test(`the address ${given} is used as ${used}`, (t) => {
    Object.assign(globalThis, { location: { href: "https://page.test/rooms/a/" } });
    t.after(() => Reflect.deleteProperty(globalThis, "location"));
    const other = new Browser().tab({ url: given });
    other.client.start();
    assert.equal(other.socket.url, used);
  });
}

test("outside a page it can be made with nothing but an address and a user", () => {
  const client = new RealtimeClient({ url: "ws://test/ws/", userId: 1 });
  assert.deepEqual([client.state, client.user, client.outbox.waiting], ["idle", null, 0]);
});
