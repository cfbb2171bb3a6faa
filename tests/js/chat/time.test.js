import assert from "node:assert/strict";
import { test } from "node:test";

import { timeWords } from "../../../static/chat/time.js";

const words = timeWords({ locale: "en", zone: "Europe/Berlin" });
const NOW = Date.parse("2026-11-23T13:05:00Z");

test("times are those of the viewer's zone, as the server's first paint writes them", () => {
  assert.equal(words.clock(NOW), "14:05");
  assert.equal(words.clock(Date.parse("2026-11-22T23:30:00Z")), "00:30");
  assert.equal(words.dayKey(Date.parse("2026-11-22T23:30:00Z")), "2026-11-23");
});

test("days are named from near to far", () => {
  const day = (/** @type {string} */ at) => words.day(Date.parse(at), NOW);
  assert.equal(day("2026-11-22T23:30:00Z"), "Today");
  assert.equal(day("2026-11-22T22:30:00Z"), "Yesterday");
  assert.equal(day("2026-11-20T12:00:00Z"), "Friday, November 20");
  assert.equal(day("2025-03-03T12:00:00Z"), "March 3, 2025");
});

test("a brief time is a clock time today, and a day before that", () => {
  const brief = (/** @type {string} */ at) => words.brief(Date.parse(at), NOW);
  assert.equal(brief("2026-11-23T07:00:00Z"), "08:00");
  assert.equal(brief("2026-11-22T12:00:00Z"), "Yesterday");
  assert.equal(brief("2026-11-20T12:00:00Z"), "Nov 20");
  assert.equal(brief("2025-03-03T12:00:00Z"), "Mar 3, 2025");
});
