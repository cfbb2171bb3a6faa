import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import {
  TOPIC,
  answerSubscribes,
  browser,
  clock,
  connected,
  newTab,
  open,
  post,
  refuse,
  reload,
  reply,
  states,
  tab,
  texts,
} from "../support/outbox.js";

beforeEach(open);

// ---- over a reload ----------------------------------------------------------------

test("what was unsent, unanswered or refused is there after a reload, in order and with its keys", async () => {
  await post("refused");
  await refuse("muted");
  const { key } = await post("unanswered");
  await post("unsent");
  await reload();
  assert.deepEqual(states(), [["refused", "failed"], ["unanswered", "sending"], ["unsent", "pending"]]);
  assert.equal(tab.socket.last("send").key, key);
  assert.equal(tab.client.outbox.entries()[0].error?.code, "muted");
  await reply();
  assert.deepEqual(texts(), ["unanswered", "unsent"]);
});

test("what was answered is not there after a reload", async () => {
  await post("a");
  await reply({ id: 1, seq: 5 });
  await reload();
  assert.deepEqual([states(), texts()], [[], []]);
});

test("what an earlier page left goes before what this page posts", async () => {
  tab.socket.end();
  await post("old");
  tab.die();
  // Not even a clock that was set back meanwhile puts the new one first.
  clock.sleep(-3_600_000);
  newTab();
  tab.client.post(TOPIC, "message.post", { text: "new" });
  await connected(tab);
  assert.deepEqual(states(), [["old", "sending"], ["new", "pending"]]);
});

test("nothing is sent before it is known what an earlier page left", async () => {
  /** @type {(rows: any[]) => void} */
  let read = () => undefined;
  const done = async () => undefined;
  const load = () => new Promise((resolve) => (read = resolve));
  const slow = browser.tab({ store: { load, put: done, remove: done, adopt: never, close } });
  await connected(slow);
  await post("new", slow);
  assert.deepEqual(texts(slow), []);
  read([]);
  await clock.advance(0);
  assert.deepEqual(texts(slow), ["new"]);
});

test("entries are visible after a reload without a network", async () => {
  await post("a");
  tab.die();
  newTab();
  tab.client.start();
  await clock.advance(0);
  assert.deepEqual(states(), [["a", "pending"]]);
});

test("a stopped client sends nothing, leaves no timer, and goes on when started again", async () => {
  await post("a");
  tab.client.stop();
  await clock.advance(0);
  assert.deepEqual([clock.pending, states()], [0, []]);
  assert.equal(browser.locks.held.size, 0);
  assert.equal(browser.channels.size, 0);
  tab.client.start();
  answerSubscribes(tab);
  tab.socket.greet();
  await clock.advance(0);
  assert.deepEqual(states(), [["a", "sending"]]);
});

test("stopping while it opens leaves nothing behind", async () => {
  const other = browser.tab();
  other.client.start();
  other.client.stop();
  tab.client.stop();
  await clock.advance(10_000);
  assert.deepEqual([clock.pending, browser.locks.held.size, browser.channels.size], [0, 0, 0]);
});

// ---- where entries cannot be kept ---------------------------------------------------

const broken = () => Promise.reject(new Error("QuotaExceededError"));
const never = () => new Promise(() => undefined);
const close = () => undefined;
/** @type {Record<string, () => any>} */
const withoutAHome = {
  "no IndexedDB": () => ({ store: null }),
  "an IndexedDB that refuses": () => ({ store: { load: broken, put: broken, remove: broken, adopt: broken, close } }),
  "an IndexedDB that never answers": () => ({ store: { load: never, put: never, remove: never, adopt: never, close } }),
  "no Web Locks": () => ({ locks: null }),
  "Web Locks that refuse": () => ({ locks: { request: broken, query: broken } }),
  "no BroadcastChannel": () => ({ channel: null }),
};

for (const [lack, options] of Object.entries(withoutAHome)) {
  test(`with ${lack} entries live in memory, and it says so`, async () => {
    const poor = browser.tab(options());
    await connected(poor);
    await post("a", poor);
    await clock.advance(3_000);
    assert.equal(poor.client.outbox.durable, false);
    assert.deepEqual(texts(poor), ["a"]);
    await reply({}, poor);
    assert.deepEqual(states(poor), []);
  });
}

test("a store that opens too late is left alone, and so are the other tabs", async () => {
  tab.client.stop();
  /** @type {(rows: any[]) => void} */
  let read = () => undefined;
  let closed = 0;
  const load = () => new Promise((resolve) => (read = resolve));
  const late = browser.tab({ store: { load, put: broken, remove: broken, adopt: broken, close: () => void (closed += 1) } });
  await connected(late);
  await clock.advance(3_000);
  read([]);
  await clock.advance(0);
  assert.deepEqual([closed, browser.locks.held.size, browser.channels.size], [1, 0, 0]);
});

test("a write that fails after the client was stopped is no news", async () => {
  /** @type {(error: Error) => void} */
  let fail = () => undefined;
  const put = () => new Promise((_, reject) => (fail = reject));
  const slow = browser.tab({ store: { load: async () => [], put, remove: broken, adopt: broken, close } });
  await connected(slow);
  await post("a", slow);
  slow.client.stop();
  fail(new Error("The database is closed."));
  await clock.advance(0);
  assert.equal(slow.client.outbox.durable, true);
});

test("entries in memory survive a stop and a start of the client", async () => {
  const poor = browser.tab({ store: null });
  await connected(poor);
  poor.client.stop();
  await post("a", poor);
  poor.client.start();
  answerSubscribes(poor);
  poor.socket.greet();
  await clock.advance(0);
  assert.deepEqual(texts(poor), ["a"]);
});

test("a disk that fills up on the way is told, and the entry is sent nevertheless", async () => {
  const full = browser.tab({ store: { load: async () => [], put: broken, remove: broken, adopt: broken, close } });
  await connected(full);
  assert.equal(full.client.outbox.durable, true);
  let told = 0;
  full.client.outbox.addEventListener("change", ({ detail }) => void (told += Number(detail.entry === null)));
  await post("a", full);
  assert.deepEqual([full.client.outbox.durable, texts(full), told], [false, ["a"], 1]);
});
