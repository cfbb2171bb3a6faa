import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Browser } from "../support/browser.js";
import { settled } from "../support/clock.js";

/** @import { Tab } from "../support/browser.js" */

const TOPIC = "chat/a";

/** @type {Browser} */
let browser;
/** @type {Tab} */
let one;
/** @type {Tab} */
let two;

beforeEach(async () => {
  browser = new Browser();
  [one, two] = [await opened(), await opened()];
});

/** @param {object} [options] */
async function opened(options) {
  const tab = browser.tab(options);
  tab.network.opened = (socket) => {
    socket.answer = (frame) => frame.op === "subscribe" && socket.reply(frame, { epoch: "e1", seq: 0, events: [], snapshot: {} });
  };
  await tab.connect();
  return tab;
}

/** @param {Tab} tab @param {string} text */
async function post(tab, text) {
  const entry = tab.client.post(TOPIC, "message.post", { text });
  await settled();
  return entry;
}

/** @param {Tab} tab */
const sends = (tab) => tab.socket.all("send").map(({ data }) => data.text);
/** @param {Tab} tab */
const shown = (tab) => tab.client.outbox.entries(TOPIC).map(({ data, state, mine }) => [data.text, state, mine]);

/** @param {Tab} tab @param {any} data */
async function reply(tab, data = {}) {
  tab.socket.reply(tab.socket.last("send"), data);
  await settled();
}

/** @param {Tab} tab @param {string} code */
async function refuse(tab, code) {
  tab.socket.refuse(tab.socket.last("send"), code);
  await settled();
}

test("all tabs show what one of them sends, and only that one sends it", async () => {
  await post(one, "a");
  assert.deepEqual([shown(one), shown(two)], [[["a", "sending", true]], [["a", "sending", false]]]);
  assert.deepEqual([sends(one), sends(two)], [["a"], []]);
  assert.equal(two.client.outbox.waiting, 1);
  await reply(one);
  assert.deepEqual([shown(one), shown(two)], [[], []]);
});

test("a tab that opens later shows what others have not sent yet", async () => {
  await post(one, "a");
  await post(one, "b");
  const three = await opened();
  assert.deepEqual(shown(three), [["a", "pending", false], ["b", "pending", false]]);
  await reply(one);
  assert.deepEqual(shown(three), [["b", "sending", false]]);
});

test("what a tab hears while it opens is newer than what it reads", async () => {
  await post(one, "a");
  /** @type {(rows: any[]) => void} */
  let read = () => undefined;
  const slow = await opened({ store: { ...idle, load: () => new Promise((resolve) => (read = resolve)) } });
  const [{ key }] = one.client.outbox.entries();
  const stale = { key, user: "7", owner: "one", topic: TOPIC, event: "message.post", data: { text: "a" }, state: "pending" };
  await reply(one);
  read([{ ...stale, error: null, order: 1, createdAt: 1 }]);
  await settled();
  assert.deepEqual(shown(slow), []);
});

const done = async () => undefined;
const idle = { put: done, remove: done, adopt: () => new Promise(() => undefined), close: () => undefined };

test("what one tab failed to send can be retried and discarded in any", async () => {
  const a = await post(one, "a");
  await refuse(one, "muted");
  const b = await post(one, "b");
  await refuse(one, "muted");
  two.client.outbox.retry(a.key);
  two.client.outbox.discard(b.key);
  await settled();
  assert.deepEqual(sends(one), ["a", "b", "a"]);
  assert.deepEqual([shown(one), shown(two)], [[["a", "sending", true]], [["a", "sending", false]]]);
  assert.deepEqual(sends(two), []);
});

test("a closed tab's entries are adopted by another, and sent once", async () => {
  const three = await opened();
  await post(one, "a");
  await post(one, "b");
  one.die();
  await settled();
  const owners = [two, three].filter((tab) => sends(tab).length > 0);
  assert.equal(owners.length, 1);
  const [owner] = owners;
  const [other] = [two, three].filter((tab) => tab !== owner);
  assert.deepEqual([shown(owner), shown(other)], [[["a", "sending", true], ["b", "pending", true]], [["a", "sending", false], ["b", "pending", false]]]);
  await reply(owner);
  await reply(owner);
  assert.deepEqual([sends(owner), sends(other)], [["a", "b"], []]);
  assert.deepEqual([shown(owner), shown(other)], [[], []]);
});

test("an older tab adopts from a newer one just as well", async () => {
  await post(two, "a");
  two.die();
  await settled();
  assert.deepEqual([sends(one), shown(one)], [["a"], [["a", "sending", true]]]);
});

test("a tab is cleared up after even if the others never heard of its entries", async () => {
  const mute = await opened({ channel: () => Object.assign(new EventTarget(), { postMessage() {}, close() {} }) });
  const later = await opened();
  await post(mute, "a");
  assert.deepEqual(shown(later), []);
  mute.die();
  await settled();
  assert.deepEqual(shown(later), [["a", "sending", true]]);
});

test("other tabs hear of an entry when it is stored, and not before", async () => {
  /** @type {() => void} */
  let store = () => undefined;
  const slow = await opened({ store: { ...idle, load: async () => [], put: () => new Promise((resolve) => (store = () => resolve(undefined))) } });
  await post(slow, "a");
  assert.deepEqual([shown(slow), shown(two)], [[["a", "sending", true]], []]);
  store();
  await settled();
  assert.deepEqual(shown(two), [["a", "sending", false]]);
});

test("adopted entries keep their keys and are sent on a topic no page shows", async () => {
  const { key } = await post(one, "a");
  one.die();
  await settled();
  assert.deepEqual([two.socket.last("send").key, two.socket.last("subscribe").topic], [key, TOPIC]);
});

test("what a closed tab had failed to send stays failed", async () => {
  await post(one, "a");
  await refuse(one, "muted");
  one.die();
  await settled();
  assert.deepEqual([shown(two), sends(two)], [[["a", "failed", true]], []]);
});

test("entries are adopted from one closed tab to the next", async () => {
  const { key } = await post(one, "a");
  one.die();
  await settled();
  two.die();
  const three = await opened();
  assert.equal(three.socket.last("send").key, key);
  three.die();
  const four = await opened();
  assert.equal(four.socket.last("send").key, key);
});

test("what a tab had settled before it was closed is not sent again", async () => {
  one.client.subscribe(TOPIC);
  await post(one, "a");
  await reply(one, { id: 1, seq: 9 });
  assert.deepEqual(shown(two), [["a", "sent", false]]);
  one.die();
  await settled();
  assert.deepEqual([shown(two), sends(two)], [[], []]);
});

test("a tab's entries are its own for as long as it lives, even if it is silent", async () => {
  one.socket.end();
  await post(one, "a");
  await browser.clock.advance(0);
  const three = await opened();
  assert.deepEqual([sends(two), sends(three)], [[], []]);
  assert.deepEqual(shown(three), [["a", "pending", false]]);
});

test("a stopped client's entries are another tab's to send, and its own no more", async () => {
  await post(one, "a");
  one.client.stop();
  await settled();
  assert.deepEqual([sends(two), shown(one)], [["a"], []]);
  await reply(two);
  one.client.start();
  one.socket.greet();
  await browser.clock.advance(0);
  assert.deepEqual([sends(one), shown(one)], [[], []]);
});

test("another user's entries are neither shown, nor adopted, nor sent", async () => {
  await post(one, "secret");
  one.die();
  two.die();
  const other = await opened({ userId: 8 });
  other.client.stop();
  other.client.start();
  await settled();
  other.socket.greet({ user: { id: 8, name: "bob" } });
  await settled();
  assert.deepEqual([other.client.state, shown(other), sends(other)], ["connected", [], []]);
  const again = await opened();
  assert.deepEqual(shown(again), [["secret", "sending", true]]);
});

test("nothing is sent on a connection that turns out to be another user's", async () => {
  one.socket.end();
  await post(one, "secret");
  one.client.retryNow();
  await settled();
  one.socket.greet({ user: { id: 8, name: "bob" } });
  await settled();
  assert.deepEqual([one.client.state, one.client.status.reason, sends(one)], ["closed", "user_changed", []]);
});

test("many tabs closing in turn lose nothing and double nothing", async () => {
  const keys = [];
  one.socket.end();
  two.socket.end();
  for (const text of ["a", "b", "c", "d"]) {
    keys.push((await post(keys.length % 2 ? one : two, text)).key);
    await browser.clock.advance(1);
  }
  const three = await opened();
  one.die();
  two.die();
  await settled();
  for (let i = 0; i < 4; i++) await reply(three);
  assert.deepEqual([sends(three), shown(three)], [["a", "b", "c", "d"], []]);
  assert.deepEqual(three.socket.all("send").map(({ key }) => key), keys);
});
