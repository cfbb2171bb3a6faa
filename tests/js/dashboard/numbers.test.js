import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { difference, parts, words } from "../../../static/dashboard/numbers.js";

const examples = JSON.parse(readFileSync(new URL("../../dashboard/numbers.json", import.meta.url), "utf8"));

test("numbers are written as the server writes them", () => {
  for (const { value, unit, decimals, words: expected } of examples) {
    assert.equal(words(value, unit, decimals), expected, `${value} ${unit}`);
  }
});

test("a tile gets the number and its unit apart, and a duration whole", () => {
  assert.deepEqual(parts(1536, "B"), { number: "1.5", unit: "KiB" });
  assert.deepEqual(parts(12, "ms"), { number: "12", unit: "ms" });
  assert.deepEqual(parts(65, "s"), { number: "1\u00A0min 05\u00A0s", unit: "" });
  assert.deepEqual(parts(undefined, "ms"), { number: "–", unit: "" });
});

test("a difference has its sign, and is nothing where the two are shown as one", () => {
  assert.equal(difference(10, 12), "+2");
  assert.equal(difference(12.5, 10, "ms", 1), "−2.5\u00A0ms");
  assert.equal(difference(12.01, 12.04, "ms", 1), "");
  assert.equal(difference(undefined, 12), "");
  assert.equal(difference(12, null), "");
});
