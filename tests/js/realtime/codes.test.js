import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { CloseCode, ErrorCode, Op, UnsubscribeCode, mayReconnect } from "../../../static/realtime/codes.js";

const python = readFileSync(new URL("../../../realtime/protocol/codes.py", import.meta.url), "utf8");

/**
 * @param {string} name Of an enum in codes.py.
 * @returns {Record<string, string | number>}
 */
function enumOf(name) {
  const body = python.split(`class ${name}(`)[1]?.split(/^class |^def /m)[0] ?? "";
  const members = [...body.matchAll(/^ {4}([A-Z_]+) = ("?)(\w+)\2$/gm)];
  return Object.fromEntries(members.map(([, member, quote, value]) => [member, quote ? value : Number(value)]));
}

for (const [name, ours] of Object.entries({ Op, ErrorCode, UnsubscribeCode, CloseCode })) {
  test(`${name} has the names and values that the server has`, () => {
    assert.ok(Object.keys(ours).length > 3);
    assert.deepEqual({ ...ours }, enumOf(name));
  });
}

test("from 4500 to 4999 a client stays away, else it comes back", () => {
  for (const code of [1000, 1001, 1005, 1006, 1009, 1011, 1012, 1013, 4000, 4001, 4008, 4010, 4499]) {
    assert.equal(mayReconnect(code), true, String(code));
  }
  for (const code of [4500, 4501, 4503, 4504, 4508, 4509, 4999]) assert.equal(mayReconnect(code), false, String(code));
});
