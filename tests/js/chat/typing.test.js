import assert from "node:assert/strict";
import { test } from "node:test";

import { TypingLine, TypingReport, typingText } from "../../../static/chat/typing.js";
import { FakeClock } from "../support/clock.js";

test("one who goes on typing says so every three seconds, and that they stopped once", async () => {
  const clock = new FakeClock();
  /** @type {boolean[]} */
  const told = [];
  const report = new TypingReport((active) => told.push(active), clock);
  for (let key = 0; key < 70; key += 1) {
    report.report(true);
    await clock.advance(100);
  }
  assert.deepEqual(told, [true, true, true]);
  report.report(false);
  report.report(false);
  assert.deepEqual(told, [true, true, true, false]);
});

test("the line ends by itself six seconds after the last word of it, and leaves no timer", async () => {
  const clock = new FakeClock();
  const line = /** @type {any} */ ({ textContent: "" });
  const typing = new TypingLine(line, clock);
  typing.heard({ id: 1, name: "ada" }, true);
  assert.equal(line.textContent, "ada is typing");
  await clock.advance(5_000);
  assert.equal(line.textContent, "ada is typing");
  typing.heard({ id: 2, name: "ben" }, true);
  assert.equal(line.textContent, "ada and ben are typing");
  await clock.advance(1_000);
  assert.equal(line.textContent, "ben is typing");
  typing.heard({ id: 2, name: "ben" }, false);
  assert.equal(line.textContent, "");
  assert.equal(clock.pending, 0);
});

test("from three on they are counted", () => {
  assert.equal(typingText([]), "");
  assert.equal(typingText(["ada", "ben", "cy"]), "3 people are typing");
});
