import assert from "node:assert/strict";
import { test } from "node:test";

import { ASK_EVERY_MS, OwnPresence } from "../../../static/presence/own-presence.js";
import { Emitter } from "../../../static/realtime/emitter.js";
import { FakeClock } from "../support/clock.js";

function desk({ fails = false } = {}) {
  const clock = new FakeClock();
  const topic = new Emitter();
  /** @type {[string, any][]} */
  const asked = [];
  const client = {
    subscribe: () => topic,
    request: async (/** @type {string} */ _topic, /** @type {string} */ event, /** @type {any} */ data) => {
      asked.push([event, data]);
      if (fails) throw new Error("disconnected");
      return event === "counts" ? { counts: { den: 3 } } : {};
    },
  };
  let seen = true;
  const own = new OwnPresence({
    client: /** @type {any} */ (client),
    clock,
    rooms: () => ["den", "hall"],
    isSeen: () => seen,
  });
  const snapshot = (/** @type {string} */ choice) => topic.emit("snapshot", { snapshot: { choice } });
  return { clock, topic, asked, own, snapshot, look: (/** @type {boolean} */ value) => (seen = value) };
}

test("what one chose is known from the snapshot on, and from other devices", async () => {
  const { own, topic, snapshot } = desk();
  /** @type {string[]} */
  const told = [];
  own.addEventListener("choice", ({ detail }) => told.push(detail));
  snapshot("dnd");
  topic.emit("event", { event: "choice", data: { choice: "auto" } });
  await own.choose("invisible");
  assert.deepEqual(told, ["dnd", "auto", "invisible"]);
  assert.equal(own.choice, "invisible");
});

test("a choice the server did not take is none", async () => {
  const { own, snapshot } = desk({ fails: true });
  snapshot("auto");
  await assert.rejects(own.choose("dnd"));
  assert.equal(own.choice, "auto");
});

test("numbers are asked for with each connection and then now and then, while somebody looks", async () => {
  const { clock, asked, own, snapshot, look } = desk();
  /** @type {number[]} */
  const counts = [];
  own.addEventListener("counts", ({ detail }) => counts.push(detail.get("den") ?? 0));
  snapshot("auto");
  await clock.advance(ASK_EVERY_MS * 2);
  assert.deepEqual(asked, Array(3).fill(["counts", { rooms: ["den", "hall"] }]));
  look(false);
  await clock.advance(ASK_EVERY_MS * 3);
  assert.equal(asked.length, 3);
  look(true);
  own.look();
  await clock.advance(0);
  assert.deepEqual(counts, [3, 3, 3, 3]);
  // Going from tab to tab does not ask each time.
  for (let n = 0; n < 5; n += 1) own.look();
  await clock.advance(ASK_EVERY_MS - 1);
  assert.equal(counts.length, 4);
  await clock.advance(1);
  assert.equal(counts.length, 5);
});

test("who is away says so again on a new connection", async () => {
  const { asked, own, snapshot } = desk();
  snapshot("auto");
  own.setAway(true);
  snapshot("auto");
  own.setAway(false);
  const said = asked.filter(([event]) => event === "away").map(([, data]) => data.away);
  assert.deepEqual(said, [true, true, false]);
});
