import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { merge } from "../../../static/presence/roster.js";

/** @type {{ name: string, told: [string, any][], roster: { count: number, users: { id: number }[] | null } }[]} */
const cases = JSON.parse(readFileSync(new URL("../../wire/presence.json", import.meta.url), "utf8"));

for (const { name, told, roster } of cases) {
  test(`merging: ${name}`, () => {
    /** @type {import("../../../static/presence/types.d.ts").Roster | null} */
    let merged = null;
    for (const [event, data] of told) merged = merge(merged, event, data);
    const users = merged?.users === null ? null : [...(merged?.users?.values() ?? [])].sort((a, b) => a.id - b.id);
    assert.deepEqual({ count: merged?.count, users }, roster);
  });
}

test("a roster is not changed but made anew", () => {
  const before = merge(null, "snapshot", { count: 1, users: [{ id: 1, name: "ada", status: "online" }] });
  merge(before, "diff", { count: 0, users: [], left: [1] });
  assert.deepEqual([...(before.users?.keys() ?? [])], [1]);
});
