/** Random courses of everything that can go wrong, against a server that keeps to the protocol. */

import assert from "node:assert/strict";
import { test } from "node:test";

import * as merge from "../../../static/realtime/merge.js";
import { Browser } from "../support/browser.js";
import { settled } from "../support/clock.js";
import { Random } from "../support/random.js";
import { FakeRoom } from "../support/room.js";

/** @import { RoomState } from "../../../static/realtime/types.d.ts" */
/** @import { Tab } from "../support/browser.js" */
/** @import { FakeSocket } from "../support/socket.js" */

const TOPIC = "chat/a";
const USER = 7;

class Course {
  browser = new Browser();
  room = new FakeRoom(TOPIC);
  /** Whether things still go wrong. */
  rough = true;
  /** @type {{ tab: Tab, state: RoomState }[]} */
  pages = [];
  /** Keys by the tab that posted them, in order. @type {Map<Tab, string[]>} */
  posted = new Map();

  /** @param {number} seed */
  constructor(seed) {
    this.random = new Random(seed);
    this.room.lost = () => this.#chance(0.1);
    this.room.recoverable = 10;
  }

  async run() {
    this.#open();
    for (let step = 0; step < 60; step++) await this.#step();
    this.rough = false;
    if (this.pages.length === 0) this.#open();
    await this.browser.clock.advance(90_000);
    // What was lost on the way shows only when something follows.
    this.room.post("the last one");
    await this.browser.clock.advance(1_000);
  }

  async #step() {
    const page = this.pages[this.random.below(this.pages.length)];
    const steps = [
      () => this.#post(page.tab),
      () => this.#post(page.tab),
      () => void this.room.post(`other ${this.room.seq}`),
      () => void (this.room.messages.length && this.room.change(this.random.below(this.room.messages.length), "edited")),
      () => this.#drop(page.tab.network.socket),
      () => void (this.pages.length < 3 && this.#open()),
      () => this.#close(page),
      () => page.tab.page.wake(this.random.chance(0.5) ? "offline" : "online"),
    ];
    steps[this.random.below(steps.length)]();
    await this.browser.clock.advance(this.random.below(3) * 400);
  }

  #open() {
    const tab = this.browser.tab({ random: () => this.random.next() });
    const page = { tab, state: merge.EMPTY };
    tab.network.opened = (socket) => this.#serve(socket);
    const room = tab.client.subscribe(TOPIC);
    room.addEventListener("snapshot", ({ detail }) => void (page.state = merge.applySnapshot(detail)));
    room.addEventListener("event", ({ detail }) => void (page.state = merge.applyEvent(page.state, detail)));
    tab.client.start();
    this.pages.push(page);
  }

  /** @param {{ tab: Tab, state: RoomState }} page */
  #close(page) {
    if (this.pages.length === 1) return;
    this.pages.splice(this.pages.indexOf(page), 1);
    for (const socket of page.tab.network.sockets) this.room.leave(socket);
    page.tab.die();
  }

  /** @param {Tab} tab */
  #post(tab) {
    const keys = this.posted.get(tab) ?? [];
    this.posted.set(tab, keys);
    keys.push(tab.client.post(TOPIC, "message.post", { text: `mine ${keys.length}` }).key);
  }

  /** @param {FakeSocket} socket */
  #serve(socket) {
    if (this.#chance(0.2)) return socket.end();
    socket.answer = (frame) => void setImmediate(() => this.#answer(socket, frame));
    socket.greet();
  }

  /**
   * @param {FakeSocket} socket
   * @param {any} frame
   */
  #answer(socket, frame) {
    if (socket.readyState !== 1 || this.#chance(0.05)) return this.#drop(socket);
    if (frame.op === "ping") socket.receive({ op: "pong" });
    if (frame.op === "subscribe") this.room.subscribe(socket, frame);
    if (frame.op === "send") this.#accept(socket, frame);
  }

  /**
   * @param {FakeSocket} socket
   * @param {any} frame
   */
  #accept(socket, frame) {
    if (this.#chance(0.1)) return socket.refuse(frame, "unavailable", { retryable: true });
    const reply = this.room.accept(frame, USER);
    if (this.#chance(0.1)) return this.#drop(socket);
    return socket.reply(frame, reply);
  }

  /** @param {FakeSocket} socket */
  #drop(socket) {
    this.room.leave(socket);
    if (socket.readyState === 1) socket.end();
  }

  /** @param {number} part */
  #chance(part) {
    return this.rough && this.random.chance(part);
  }
}

for (let seed = 1; seed <= 40; seed++) {
  test(`course ${seed}: nothing is lost, doubled, reordered or left behind, and all tabs show the same`, async () => {
    const course = new Course(seed);
    await course.run();
    const { room, posted, pages } = course;
    const mine = room.messages.filter(({ author }) => author.id === USER).map(({ key }) => key);
    assert.deepEqual([...mine].sort(), [...posted.values()].flat().sort());
    for (const keys of posted.values()) {
      assert.deepEqual(mine.filter((key) => keys.some((each) => each === key)), keys, "each tab's own order");
    }
    for (const { tab, state } of pages) {
      const span = merge.latestSpan(state);
      const held = merge.messagesIn(state, span);
      assert.deepEqual(held, room.messages.filter((message) => message.posted_seq >= (span?.from ?? Infinity)));
      assert.ok(held.length > 0);
      assert.deepEqual([tab.client.state, tab.client.outbox.entries()], ["connected", []]);
      tab.client.stop();
    }
    await settled();
    assert.equal(course.browser.clock.pending, 0);
  });
}
