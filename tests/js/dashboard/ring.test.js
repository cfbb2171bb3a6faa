import assert from "node:assert/strict";
import { test } from "node:test";

import { Ring } from "../../../static/dashboard/ring.js";

/** @param {number} rows */
function filled(rows, capacity = 8) {
  const ring = new Ring(2, capacity);
  for (let n = 1; n <= rows; n += 1) ring.push(n * 10, [n, -n]);
  return ring;
}

test("a window of any place in it is one piece, also where the ring closes", () => {
  for (let rows = 0; rows <= 40; rows += 1) {
    const ring = filled(rows);
    const window = ring.window(-Infinity);
    const kept = Array.from({ length: Math.min(rows, 8) }, (_, n) => rows - Math.min(rows, 8) + n + 1);
    assert.deepEqual([...ring.times(window)], kept.map((n) => n * 10));
    assert.deepEqual([...ring.column(1, window)], kept.map((n) => -n));
  }
});

test("a window begins with the first row at its moment or after, and ends with the last at its end", () => {
  const ring = filled(12);
  assert.deepEqual([...ring.times(ring.window(60, 80))], [60, 70, 80]);
  assert.deepEqual([...ring.times(ring.window(61, 79))], [70]);
  assert.equal(ring.window(1_000).count, 0);
});

test("what is not newer than the last row is not taken; the last row can be changed", () => {
  const ring = filled(3);
  ring.push(30, [9, 9]);
  ring.push(5, [9, 9]);
  assert.equal(ring.length, 3);
  ring.replaceLast(35, [4, -4]);
  assert.equal(ring.last, 35);
  assert.deepEqual([...ring.column(0, ring.window(0))], [1, 2, 4]);
});

test("an hour of updates takes no more memory than the first minute", () => {
  const ring = filled(60);
  const { buffer } = ring.times(ring.window(0));
  for (let n = 61; n < 3_600; n += 1) ring.push(n * 10, [n, -n]);
  assert.equal(ring.times(ring.window(0)).buffer, buffer);
  assert.equal(ring.length, 8);
});
