import assert from "node:assert/strict";
import { test } from "node:test";

import { MessageWindow } from "../../../static/chat/message-window.js";

/** @param {number} count */
function messages(count, from = 1) {
  return Array.from({ length: count }, (_, index) => /** @type {any} */ ({ posted_seq: (from + index) * 3 }));
}

test("following the end, it starts at the newest and lets go of the oldest when it has grown long", () => {
  const window = new MessageWindow();
  assert.deepEqual(window.span(messages(50), { following: true }), [0, 50]);
  assert.deepEqual(window.span(messages(260), { following: true }), [0, 260]);
  assert.deepEqual(window.span(messages(261), { following: true }), [141, 261]);
});

test("moving up and down it never holds more than 260, and misses none on the way", () => {
  const window = new MessageWindow();
  const all = messages(1000);
  window.span(all, { following: true });
  const seen = new Set();
  while (window.moveUp(all)) look(window, all, seen);
  assert.deepEqual(look(window, all, seen)[0], 0);
  assert.equal(seen.size, 1000);
  while (window.moveDown(all)) look(window, all, seen);
  assert.ok(window.atEnd);
});

test("while one reads above, it keeps its place over what arrives at both ends", () => {
  const window = new MessageWindow();
  window.around(messages(500), 250);
  const before = window.span(messages(500), { following: false });
  // Ten older ones were loaded, and five new ones came.
  const after = window.span(messages(515, -9), { following: false });
  assert.deepEqual(after, [before[0] + 10, before[1] + 10]);
  assert.equal(window.atEnd, false);
});

test("around a message near an edge, it ends at the edge", () => {
  const window = new MessageWindow();
  assert.deepEqual(window.around(messages(100), 10), [0, 70]);
  assert.deepEqual(window.around(messages(100), 95), [35, 100]);
  assert.ok(window.atEnd);
});

/**
 * @param {MessageWindow} window
 * @param {any[]} all
 * @param {Set<number>} seen
 */
function look(window, all, seen) {
  const [start, end] = window.span(all, { following: false });
  assert.ok(end - start <= 260);
  for (let index = start; index < end; index += 1) seen.add(index);
  return [start, end];
}
