import assert from "node:assert/strict";
import { test } from "node:test";

import { freeVariant, slugOf } from "../../../static/chat/slug.js";

test("a name becomes an address of plain letters", () => {
  assert.equal(slugOf("  Café am Meer! "), "cafe-am-meer");
  assert.equal(slugOf("a".repeat(60)), "a".repeat(48));
});

test("a name without plain letters gets an address of its own", () => {
  assert.match(slugOf("会議室"), /^room-[0-9a-f]{8}$/);
  assert.notEqual(slugOf("会議室"), slugOf("会議室"));
});

test("a taken address has a variant that is free", () => {
  assert.equal(freeVariant("tea", new Set()), "tea-2");
  assert.equal(freeVariant("tea", new Set(["tea", "tea-2", "tea-3", "tea-5"])), "tea-4");
});
