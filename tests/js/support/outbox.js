/** A tab with an outbox, and what a test does to it; `browser`, `tab` and `clock` are those of the running test. */

import { Browser } from "./browser.js";

/** @import { FakeClock } from "./clock.js" */
/** @import { Tab } from "./browser.js" */

export const TOPIC = "chat/a";

/** @type {Browser} */
export let browser;
/** @type {Tab} */
export let tab;
/** @type {FakeClock} */
export let clock;

/** Before each test: a browser of its own, and in it a tab that is connected. */
export async function open() {
  browser = new Browser();
  clock = browser.clock;
  newTab();
  await connected(tab);
}

/** The page opens in a tab that is not connected yet. */
export function newTab() {
  tab = browser.tab();
}

/** @param {Tab} which A tab that is to be connected, to a server that answers subscribes. */
export async function connected(which) {
  which.network.opened = () => answerSubscribes(which);
  await which.connect();
}

/** @param {Tab} which */
export function answerSubscribes(which, seq = 0) {
  const { socket } = which;
  socket.answer = (frame) => {
    if (frame.op === "ping") socket.receive({ op: "pong" });
    if (frame.op === "subscribe") socket.reply(frame, { epoch: "e1", seq, recovered: "since" in frame, events: [], snapshot: {} });
  };
}

/** @param {Tab} which */
export async function reconnect(which, seq = 0) {
  which.network.opened = () => answerSubscribes(which, seq);
  which.socket.end();
  which.client.retryNow();
  await clock.advance(0);
  which.socket.greet();
  await clock.advance(0);
}

/** @param {string} text @param {Tab} [which] @param {string} [topic] */
export async function post(text, which = tab, topic = TOPIC) {
  const entry = which.client.post(topic, "message.post", { text });
  await clock.advance(0);
  return entry;
}

export const sends = (which = tab) => which.socket.all("send");
export const texts = (which = tab) => sends(which).map(({ data }) => data.text);
export const states = (which = tab) => which.client.outbox.entries().map(({ data, state }) => [data.text, state]);

/** @param {any} [data] @param {Tab} [which] */
export async function reply(data = {}, which = tab) {
  which.socket.reply(which.socket.last("send"), data);
  await clock.advance(0);
}

/** @param {string} code @param {object} [fields] */
export async function refuse(code, fields) {
  tab.socket.refuse(tab.socket.last("send"), code, fields);
  await clock.advance(0);
}

/** @param {string} key @param {number} seq */
export function publish(key, seq) {
  tab.socket.receive({ op: "event", topic: TOPIC, event: "message", data: { key }, seq });
}

/** The tab ends, and the page opens again, connected to a server that answers subscribes. */
export async function reload() {
  tab.die();
  newTab();
  await connected(tab);
}
