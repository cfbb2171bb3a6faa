import assert from "node:assert/strict";
import { test } from "node:test";

import { ChartData, sampled } from "../../../static/dashboard/chart-data.js";
import { Timeline } from "../../../static/dashboard/timeline.js";

/** @param {Timeline} timeline */
function rows(timeline, field = "a") {
  const window = timeline.window(-Infinity, Infinity);
  return [...timeline.times(window)].map((at, n) => [at, timeline.values(field, window)[n]]);
}

test("history comes first, and what came live after it stays", () => {
  const timeline = new Timeline(["a", "b"], 1);
  timeline.add(4_200, { a: 4, b: 40 });
  timeline.add(5_200, { a: 5 });
  timeline.load({ step_s: 1, at: [1_000, 2_000, 3_000, 4_000], fields: { a: [1, 2, 3, 3.5], b: [1, null, 3, 4] } }, 5);
  assert.deepEqual(rows(timeline), [[1_000, 1], [2_000, 2], [3_000, 3], [4_200, 4], [5_200, 5]]);
  assert.deepEqual(rows(timeline, "b").map(([, value]) => value), [1, NaN, 3, 40, NaN]);
  assert.equal(timeline.loaded, true);
});

test("on a coarse range updates of one step are one point, the newest", () => {
  const timeline = new Timeline(["a"], 1);
  timeline.load({ step_s: 5, at: [0, 5_000], fields: { a: [1, 2] } }, 60);
  for (let at = 6_000; at <= 11_000; at += 1_000) timeline.add(at, { a: at });
  assert.deepEqual(rows(timeline), [[0, 1], [9_000, 9_000], [11_000, 11_000]]);
});

test("a line breaks where nothing came for long, and not where one step is missing", () => {
  const timeline = new Timeline(["a"], 1);
  timeline.load({ step_s: 1, at: [1_000, 2_000, 3_000, 4_000], fields: { a: [1, null, 3, null] } }, 5);
  timeline.add(10_000, { a: 10 });
  assert.deepEqual(rows(timeline), [[1_000, 1], [3_000, 3], [3_001, NaN], [10_000, 10]]);
});

test("what is only told when it changes never breaks", () => {
  const timeline = new Timeline(["a"], null);
  timeline.add(1_000, { a: 1 });
  timeline.add(600_000, { a: 2 });
  assert.deepEqual(rows(timeline), [[1_000, 1], [600_000, 2]]);
});

test("a chart's data is filled again in the same arrays, and told in words", () => {
  const timeline = new Timeline(["a", "b"], 1);
  for (let n = 1; n <= 100; n += 1) timeline.add(n * 1_000, { a: n, b: n % 2 === 0 ? -n : null });
  const data = new ChartData(["b", "a"]);
  data.fill(timeline, 10_000, 14_000);
  const [times, b, a] = data.columns;
  assert.deepEqual([times, b, a], [[10_000, 11_000, 12_000, 13_000, 14_000], [-10, null, -12, null, -14], [10, 11, 12, 13, 14]]);
  assert.deepEqual(data.summaries, [{ latest: -14, least: -14, most: -10 }, { latest: 14, least: 10, most: 14 }]);
  data.fill(timeline, 99_000, 100_000);
  assert.equal(data.columns[0], times);
  assert.equal(data.length, 2);
  data.fill(timeline, 200_000, 300_000);
  assert.equal(data.isEmpty, true);
});

test("a table shows the newest first, and never too many", () => {
  assert.deepEqual(sampled(4, 60), [3, 2, 1, 0]);
  assert.deepEqual(sampled(7, 3), [6, 3, 0]);
  assert.deepEqual(sampled(0, 3), []);
});
