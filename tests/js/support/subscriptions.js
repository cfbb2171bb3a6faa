/** A tab with subscriptions, and its server's side; `tab` and `clock` are those of the running test. */

import { Browser } from "./browser.js";

/** @import { FakeClock } from "./clock.js" */
/** @import { Tab } from "./browser.js" */
/** @import { Subscription } from "../../../static/realtime/types.d.ts" */

/** @type {Tab} */
export let tab;
/** @type {FakeClock} */
export let clock;

/** Before each test: a browser of its own, and in it a tab that is connected. */
export async function open() {
  const browser = new Browser();
  clock = browser.clock;
  tab = browser.tab();
  await tab.connect();
}

/**
 * @param {Subscription} subscription
 * @returns {any[]} What it hears, as short lines, from now on.
 */
export function heard(subscription) {
  /** @type {any[]} */
  const lines = [];
  subscription.addEventListener("snapshot", ({ detail }) => lines.push(["snapshot", detail.snapshot, detail.seq]));
  subscription.addEventListener("event", ({ detail }) => lines.push([detail.event, detail.data, detail.seq]));
  subscription.addEventListener("recovered", ({ detail }) => lines.push(["recovered", detail.count]));
  subscription.addEventListener("unsubscribed", ({ detail }) => lines.push(["unsubscribed", detail.code]));
  subscription.addEventListener("error", ({ detail }) => lines.push(["error", detail.error.code, detail.final]));
  return lines;
}

export const subscribes = () => tab.socket.all("subscribe");

/** @param {any} data */
export async function answer(data) {
  tab.socket.reply(tab.socket.last("subscribe"), data);
  await clock.advance(0);
}

/** @param {number} seq @param {object} [fields] */
export const logged = (seq, fields) => ({ epoch: "e1", seq, recovered: false, events: [], snapshot: `state ${seq}`, ...fields });

/** @param {number} seq @param {number[]} seqs */
export const recovered = (seq, seqs) =>
  logged(seq, { recovered: true, snapshot: null, events: seqs.map((each) => ({ event: "message", data: each, seq: each })) });

/** @param {number} [seq] @param {number} [prev] */
export function publish(seq, prev) {
  tab.socket.receive({ op: "event", topic: "chat/a", event: "message", data: seq ?? "none", seq, prev });
}

/** A subscription that is live at seq 10, and what it hears after its snapshot. */
export async function live() {
  const room = tab.client.subscribe("chat/a");
  const lines = heard(room);
  await answer(logged(10));
  lines.length = 0;
  return { room, lines };
}

/** Loses the connection and greets on the next one. */
export async function reconnect() {
  tab.socket.end();
  tab.client.retryNow();
  tab.socket.greet();
  await clock.advance(0);
}
