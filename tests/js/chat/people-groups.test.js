import assert from "node:assert/strict";
import { test } from "node:test";

import { groupsOf, statusWord } from "../../../static/chat/people-groups.js";

/** @typedef {import("../../../static/presence/types.d.ts").Person} Person */

const MEMBERS = [
  { id: 1, name: "ada", role: "owner" },
  { id: 2, name: "Ben", role: "member" },
  { id: 3, name: "cy", role: "moderator" },
];
const NOBODY = { id: 99, name: "me", choice: /** @type {const} */ ("invisible") };

/** @param {Person[]} users */
function here(...users) {
  return new Map(users.map((user) => [user.id, user]));
}

/** @param {ReturnType<typeof groupsOf>} groups */
function names(groups) {
  return Object.fromEntries(groups.map(({ name, rows }) => [name, rows.filter(({ id }) => id !== 99).map((row) => row.name)]));
}

test("members stand under what they are, by name, however it is written", () => {
  const users = here({ id: 3, name: "cy", status: "online" }, { id: 1, name: "ada", status: "dnd" }, { id: 2, name: "Ben", status: "away" });
  assert.deepEqual(names(groupsOf(MEMBERS, users, new Map(), NOBODY)), { online: ["ada", "cy"], away: ["Ben"], offline: [] });
});

test("who is offline shows when they were last seen, who is here does not", () => {
  const seen = new Map([
    [1, 1_000],
    [2, 2_000],
  ]);
  const rows = groupsOf(MEMBERS, here({ id: 1, name: "ada", status: "online" }), seen, NOBODY).flatMap((group) => group.rows);
  assert.deepEqual(
    rows.filter(({ isMe }) => !isMe).map(({ name, seenAt }) => [name, seenAt]),
    [
      ["ada", null],
      ["Ben", 2_000],
      ["cy", null],
    ],
  );
});

test("who looks in without belonging to the room is shown, with the name they have now", () => {
  const users = here({ id: 9, name: "zoe", status: "away" }, { id: 2, name: "Benjamin", status: "online" });
  const groups = groupsOf(MEMBERS, users, new Map(), NOBODY);
  assert.deepEqual(names(groups), { online: ["Benjamin"], away: ["zoe"], offline: ["ada", "cy"] });
  assert.equal(groups[1]?.rows[0]?.role, null);
});

test("oneself is here before the server has said so, and invisible to nobody but others", () => {
  const of = (/** @type {any} */ choice, /** @type {Person[]} */ ...users) =>
    groupsOf(MEMBERS, here(...users), new Map([[2, 5]]), { id: 2, name: "Ben", choice })
      .flatMap(({ name, rows }) => rows.filter(({ isMe }) => isMe).map((row) => [name, row.status, row.seenAt]));
  assert.deepEqual(of(null), [["online", "online", null]]);
  assert.deepEqual(of("auto", { id: 2, name: "Ben", status: "away" }), [["away", "away", null]]);
  assert.deepEqual(of("invisible"), [["online", "invisible", null]]);
});

test("each status has a word", () => {
  const words = ["online", "away", "dnd", "invisible", "offline"].map((status) => statusWord(/** @type {any} */ (status)));
  assert.equal(new Set(words).size, 5);
});
