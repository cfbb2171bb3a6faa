import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Browser } from "../support/browser.js";

/** @import { FakeClock } from "../support/clock.js" */
/** @import { Tab } from "../support/browser.js" */

/** @type {Tab} */
let tab;
/** @type {FakeClock} */
let clock;
/** What getToken was asked, in order. @type {boolean[]} */
let asked;
/** What it answers. @type {() => string | Promise<string>} */
let issue;

beforeEach(() => {
  const browser = new Browser();
  clock = browser.clock;
  asked = [];
  issue = () => `token-${asked.length}`;
  tab = browser.tab({ getToken: ({ fresh }) => (asked.push(fresh), issue()) });
});

const anonymous = { user: null, auth_within_s: 10 };
const ada = { id: 7, name: "ada" };
const last = () => tab.states.at(-1);

/** Greets without a user, and waits for the token to be presented. */
async function greet() {
  tab.socket.greet(anonymous);
  await clock.advance(0);
}

/** @param {number} [expiresInS] */
async function accept(expiresInS = 100) {
  tab.socket.reply(tab.socket.last("auth"), { user: ada, expires_in_s: expiresInS });
  await clock.advance(0);
}

/** @param {string} code @param {object} [fields] */
async function refuse(code, fields) {
  tab.socket.refuse(tab.socket.last("auth"), code, fields);
  await clock.advance(0);
}

/** Keeps the heartbeat content. */
function answerPings() {
  const { socket } = tab;
  socket.answer = (frame) => frame.op === "ping" && socket.receive({ op: "pong" });
}

test("a session cookie is enough: no token is asked for", async () => {
  await tab.connect();
  assert.deepEqual([asked, tab.client.state], [[], "connected"]);
});

test("without a session the token is presented first, and only then it is connected", async () => {
  tab.client.subscribe("chat/a");
  tab.client.start();
  await greet();
  assert.deepEqual(tab.socket.sent.map(({ op, token }) => [op, token]), [["auth", "token-1"]]);
  assert.equal(tab.client.state, "connecting");
  await accept();
  assert.equal(tab.client.state, "connected");
  assert.deepEqual(tab.client.user, ada);
  assert.equal(tab.socket.last("subscribe").topic, "chat/a");
});

test("without a session and without a way to a token it is closed, and says which is missing", async () => {
  const bare = new Browser().tab();
  bare.client.start();
  bare.socket.greet(anonymous);
  await bare.browser.clock.advance(0);
  assert.deepEqual([bare.client.state, bare.client.status.reason], ["closed", "auth_missing"]);
});

test("a token is renewed on the live connection before it ends", async () => {
  tab.client.start();
  await greet();
  answerPings();
  await accept(100);
  await clock.advance(79_000);
  assert.equal(tab.socket.all("auth").length, 1);
  await clock.advance(1_000);
  assert.equal(tab.socket.last("auth").token, "token-2");
  assert.deepEqual(asked, [false, true]);
  await accept(1000);
  await clock.advance(799_000);
  assert.equal(tab.socket.all("auth").length, 2);
  await clock.advance(1_000);
  assert.equal(tab.socket.all("auth").length, 3);
});

test("a renewal that fails is tried again, and the connection lives on", async () => {
  tab.client.start();
  await greet();
  answerPings();
  await accept(100);
  issue = () => Promise.reject(new Error("HTTP 502"));
  await clock.advance(80_000);
  issue = () => "late";
  await clock.advance(250);
  assert.equal(tab.socket.last("auth").token, "late");
  assert.equal(tab.client.state, "connected");
});

test("an expired token (4010) is renewed before coming back", async () => {
  tab.client.start();
  await greet();
  await accept();
  tab.socket.end(4010);
  await clock.advance(250);
  await greet();
  assert.deepEqual(asked, [false, true]);
  await accept();
  assert.equal(tab.client.state, "connected");
});

test("a fresh token is asked for once, and after that a kept one will do", async () => {
  tab.client.start();
  await greet();
  await accept();
  for (const code of [4010, 1006]) {
    tab.socket.end(code);
    tab.client.retryNow();
    await greet();
    await accept();
  }
  assert.deepEqual(asked, [false, true, false]);
});

for (const outcome of ["a token", "no token"]) {
  test(`${outcome} that comes when the client has been stopped changes nothing`, async () => {
    /** @type {() => void} */
    let come = () => undefined;
    issue = () => new Promise((resolve, reject) => (come = () => (outcome === "a token" ? resolve("late") : reject(new Error()))));
    tab.client.start();
    await greet();
    tab.client.stop();
    come();
    await clock.advance(60_000);
    assert.deepEqual([tab.client.state, tab.socket.all("auth"), tab.network.sockets.length], ["idle", [], 1]);
  });
}

test("a kept token that is refused gets one more chance with a fresh one", async () => {
  tab.client.start();
  await greet();
  await refuse("unauthenticated");
  assert.deepEqual([last().state, last().reason], ["waiting", "auth_failed"]);
  await clock.advance(250);
  await greet();
  assert.deepEqual(asked, [false, true]);
  await refuse("unauthenticated");
  assert.deepEqual([last().state, last().reason], ["closed", "auth_failed"]);
  assert.equal(clock.pending, 0);
});

test("a refusal that no token would change is final at once", async () => {
  tab.client.start();
  await greet();
  await refuse("forbidden");
  assert.deepEqual([last().state, last().reason], ["closed", "auth_failed"]);
});

test("a server that cannot check tokens now is tried again", async () => {
  tab.client.start();
  await greet();
  await refuse("unavailable", { retryable: true });
  assert.equal(last().state, "waiting");
});

test("no token now is a wait, not an end", async () => {
  issue = () => Promise.reject(new Error("offline"));
  tab.client.start();
  await greet();
  assert.deepEqual([last().state, last().reason], ["waiting", "no_token"]);
});

test("a token that takes longer than the server's limit ends the attempt", async () => {
  issue = () => new Promise(() => undefined);
  tab.client.start();
  await greet();
  await clock.advance(10_000);
  assert.deepEqual([last().state, last().reason], ["waiting", "no_hello"]);
});

test("a token of another user is no way in", async () => {
  tab.client.start();
  await greet();
  tab.socket.reply(tab.socket.last("auth"), { user: { id: 8, name: "bob" }, expires_in_s: 100 });
  await clock.advance(0);
  assert.deepEqual([last().state, last().reason], ["closed", "user_changed"]);
  assert.equal(clock.pending, 0);
});

test("a stopped client renews nothing", async () => {
  tab.client.start();
  await greet();
  await accept(100);
  tab.client.stop();
  await clock.advance(200_000);
  assert.deepEqual([asked, clock.pending], [[false], 0]);
});

test("a renewal under way when the connection ends is not sent on the next one", async () => {
  /** @type {(token: string) => void} */
  let issueLate = () => undefined;
  tab.client.start();
  await greet();
  answerPings();
  await accept(100);
  issue = () => new Promise((resolve) => (issueLate = resolve));
  await clock.advance(80_000);
  tab.socket.end();
  issue = () => "next";
  await clock.advance(500);
  await greet();
  issueLate("late");
  await clock.advance(0);
  assert.deepEqual(tab.socket.all("auth").map(({ token }) => token), ["next"]);
});
