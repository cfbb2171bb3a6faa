import assert from "node:assert/strict";
import { test } from "node:test";

import { axisRange, increments, markWords } from "../../../static/dashboard/scale.js";
import { sparkPath } from "../../../static/dashboard/spark.js";

const LIMIT = { value: 100, above: true };

test("an axis goes from nothing to a round number above the highest", () => {
  assert.deepEqual(axisRange(12, 42), [0, 50]);
  assert.deepEqual(axisRange(0, 96), [0, 100]);
  assert.deepEqual(axisRange(0, 97), [0, 150]);
  assert.deepEqual(axisRange(0, 0), [0, 1]);
  assert.deepEqual(axisRange(null, null), [0, 1]);
  assert.deepEqual(axisRange(-12, 3), [-15, 4]);
  assert.deepEqual(axisRange(0, 1_500_000, { unit: "B" }), [0, 1.5 * 2 ** 20]);
});

test("a limit comes into sight when the values come near it", () => {
  assert.deepEqual(axisRange(0, 40, { limits: [LIMIT] }), [0, 50]);
  assert.deepEqual(axisRange(0, 60, { limits: [LIMIT] }), [0, 150]);
});

test("marks have as many decimals as they need, and bytes go by powers of two", () => {
  assert.deepEqual(markWords([0, 0.2, 0.4], ""), ["0.0", "0.2", "0.4"]);
  assert.deepEqual(markWords([0, 0.25, 0.5], ""), ["0.00", "0.25", "0.50"]);
  assert.deepEqual(markWords([0, 20, 40], "ms"), ["0", "20", "40"]);
  assert.deepEqual(markWords([0, 2_000, 4_000], "/s"), ["0k", "2k", "4k"]);
  assert.deepEqual(markWords([0, 2 ** 20], "B"), ["0", "1\u00A0MiB"]);
  assert.deepEqual(markWords([0, 2 ** 28, 2 ** 29, 3 * 2 ** 28, 2 ** 30], "B").at(1), "0.25\u00A0GiB");
  assert.ok(increments("B", 0).includes(2 ** 30));
  assert.equal(Math.min(...increments("ms", 0)), 1);
  assert.equal(Math.min(...increments("ms", 2)), 0.01);
});

test("the small line of a tile breaks where nothing is known, and is not drawn for a single value", () => {
  const times = Float64Array.from({ length: 50 }, (_, n) => n);
  const rising = Float64Array.from(times);
  const whole = sparkPath(times, rising, 0, 50);
  assert.match(whole, /^M0 22\.5L/);
  assert.match(whole, /L100 1\.5$/);
  assert.equal(whole.match(/M/g)?.length, 1);
  rising[25] = NaN;
  assert.equal(sparkPath(times, rising, 0, 50).match(/M/g)?.length, 2);
  assert.equal(sparkPath(times.subarray(0, 1), Float64Array.of(1), 49, 99), "");
  assert.match(sparkPath(times, new Float64Array(50).fill(7), 0, 50), /^M0 12L/);
});
