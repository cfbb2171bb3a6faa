import assert from "node:assert/strict";
import { test } from "node:test";

import { ReadReport } from "../../../static/chat/read-report.js";
import { FakeClock } from "../support/clock.js";

function setUp() {
  const clock = new FakeClock();
  const line = { up: true, told: /** @type {number[]} */ ([]) };
  const report = new ReadReport(async (no) => {
    if (!line.up) throw new Error("no connection");
    line.told.push(no);
  }, clock);
  return { clock, line, report };
}

test("a busy room costs one report a second, and the last one is told", async () => {
  const { clock, line, report } = setUp();
  for (let no = 1; no <= 50; no += 1) {
    report.seen(no);
    await clock.advance(50);
  }
  await clock.advance(2000);
  assert.deepEqual(line.told, [1, 20, 40, 50]);
  assert.equal(clock.pending, 0);
});

test("what was read before there was a connection is told when there is one, and once", async () => {
  const { clock, line, report } = setUp();
  line.up = false;
  report.seen(7);
  await clock.advance(100);
  line.up = true;
  report.connected();
  report.connected();
  await clock.advance(5000);
  report.connected();
  await clock.advance(5000);
  assert.deepEqual([...new Set(line.told)], [7]);
  assert.ok(line.told.length <= 2);
});

test("nothing is told twice, and never a lower number", async () => {
  const { clock, line, report } = setUp();
  report.seen(9);
  await clock.advance(2000);
  report.seen(3);
  report.seen(9);
  await clock.advance(2000);
  assert.deepEqual(line.told, [9]);
});
