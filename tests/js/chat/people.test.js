import assert from "node:assert/strict";
import { test } from "node:test";

import { People } from "../../../static/chat/people.js";
import { Emitter } from "../../../static/realtime/emitter.js";
import { FakeClock } from "../support/clock.js";

const MEMBERS = [
  { id: 1, name: "ada", role: "owner" },
  { id: 2, name: "ben", role: "member" },
];

function desk() {
  const clock = new FakeClock();
  const presence = /** @type {any} */ (new Emitter());
  presence.roster = null;
  /** @type {{ members: number, seen: number[][], held: ((members: object[] | Error) => void)[], hold: boolean }} */
  const asked = { members: 0, seen: [], held: [], hold: false };
  const api = {
    members: () => {
      asked.members += 1;
      if (!asked.hold) return Promise.resolve({ results: MEMBERS });
      return new Promise((resolve, reject) => {
        asked.held.push((members) => (members instanceof Error ? reject(members) : resolve({ results: members })));
      });
    },
    seen: async (/** @type {number[]} */ ids) => {
      asked.seen.push(ids);
      return ids.map((id) => ({ id, last_seen_at: "2029-12-31T23:00:00Z" }));
    },
  };
  const people = new People({
    presence,
    api: /** @type {any} */ (api),
    slug: "den",
    me: () => ({ id: 1, name: "ada", choice: "auto" }),
    clock,
    random: () => 0,
  });
  const tell = (/** @type {number[]} */ ids, { left = /** @type {number[]} */ ([]), missing = /** @type {number[]} */ ([]) } = {}) => {
    presence.roster = { count: ids.length, users: new Map(ids.map((id) => [id, { id, name: `user-${id}`, status: "online" }])) };
    presence.emit("change", { roster: presence.roster, left, missing });
  };
  const offline = () => (people.groups.find(({ name }) => name === "offline")?.rows ?? []).map(({ id, seenAt }) => [id, seenAt]);
  return { clock, presence, people, asked, tell, offline };
}

test("nothing is asked for until somebody wants to see it", async () => {
  const { clock, people, asked, tell } = desk();
  tell([1]);
  people.changed();
  await clock.advance(10_000);
  assert.equal(asked.members, 0);
  people.open();
  await clock.advance(0);
  assert.equal(people.state, "ready");
  assert.deepEqual(asked.seen, [[2]]);
});

test("who is told to leave was seen just now; of who is merely missing it is asked", async () => {
  const { clock, people, asked, tell, offline } = desk();
  people.open();
  tell([1, 2]);
  await clock.advance(0);
  tell([1], { left: [2] });
  assert.deepEqual(offline(), [[2, clock.now()]]);
  tell([1, 2]);
  tell([1], { missing: [2] });
  await clock.advance(0);
  assert.deepEqual(offline(), [[2, Date.parse("2029-12-31T23:00:00Z")]]);
  assert.deepEqual(asked.seen.at(-1), [2]);
});

test("changes of the members are gathered, and what is shown stays until there is something newer", async () => {
  const { clock, people, asked, tell } = desk();
  people.open();
  tell([1]);
  await clock.advance(0);
  asked.hold = true;
  for (let n = 0; n < 5; n += 1) people.changed();
  await clock.advance(5_000);
  assert.equal(asked.members, 2);
  assert.equal(people.state, "ready");
  asked.held.pop()?.(new Error("offline"));
  await clock.advance(0);
  assert.equal(people.state, "ready");
  assert.equal(people.groups.flatMap(({ rows }) => rows).length, 2);
});

test("members that change while they are asked for are asked for once more", async () => {
  const { clock, people, asked, tell } = desk();
  tell([1]);
  asked.hold = true;
  people.open();
  await clock.advance(0);
  people.changed();
  await clock.advance(5_000);
  assert.equal(asked.members, 1);
  asked.held.pop()?.(MEMBERS);
  await clock.advance(0);
  assert.equal(asked.members, 2);
  asked.held.pop()?.([...MEMBERS, { id: 3, name: "cy", role: "member" }]);
  await clock.advance(0);
  assert.equal(people.groups.flatMap(({ rows }) => rows).length, 3);
});

test("what failed at first can be asked for again", async () => {
  const { clock, people, asked } = desk();
  asked.hold = true;
  people.open();
  await clock.advance(0);
  asked.held.pop()?.(new Error("offline"));
  await clock.advance(0);
  assert.equal(people.state, "failed");
  asked.hold = false;
  people.open();
  await clock.advance(0);
  assert.equal(people.state, "ready");
});

test("a room too large to be listed, or one that may not be seen, lists nobody", async () => {
  const { clock, people, presence } = desk();
  people.open();
  await clock.advance(0);
  presence.roster = { count: 5_000, users: null };
  presence.emit("change", { roster: presence.roster, left: [], missing: [] });
  assert.deepEqual([people.groups, people.isLarge, people.count], [[], true, 5_000]);
  presence.roster = null;
  presence.emit("change", { roster: null, left: [], missing: [] });
  assert.deepEqual([people.groups, people.isLarge, people.count], [[], false, null]);
});
