import assert from "node:assert/strict";
import { test } from "node:test";

import { backoff, backoffAfter } from "../../../static/realtime/backoff.js";

const longest = () => 0.999999;

test("the ceiling doubles from half a second and stays at twenty", () => {
  const ceilings = [0, 1, 2, 3, 4, 5, 6, 50, 5000].map((attempt) => Math.round(backoff(attempt, longest)));
  assert.deepEqual(ceilings, [500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000, 20_000]);
});

test("the whole range below the ceiling is used", () => {
  assert.equal(backoff(3, () => 0), 0);
  assert.equal(backoff(3, () => 0.25), 1000);
});

test("a wait the server asked for is kept in full, with jitter on top", () => {
  assert.equal(backoffAfter(9, () => 0, 30), 30_000);
  assert.equal(backoffAfter(0, () => 0.5, 30), 30_250);
  assert.equal(backoffAfter(3, () => 0.25, null), backoff(3, () => 0.25));
});
