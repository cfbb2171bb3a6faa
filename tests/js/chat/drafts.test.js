import assert from "node:assert/strict";
import { test } from "node:test";

import { Draft, forgetDrafts } from "../../../static/chat/drafts.js";

/** What of Storage is used. */
class FakeStorage {
  /** @type {Map<string, string>} */
  kept = new Map();

  get length() {
    return this.kept.size;
  }

  /** @param {number} index */
  key(index) {
    return [...this.kept.keys()][index] ?? null;
  }

  /** @param {string} name */
  getItem(name) {
    return this.kept.get(name) ?? null;
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  setItem(name, value) {
    this.kept.set(name, value);
  }

  /** @param {string} name */
  removeItem(name) {
    this.kept.delete(name);
  }
}

test("a draft is one's own and one room's, and an empty one leaves nothing", () => {
  const keep = new FakeStorage();
  const draft = new Draft(1, "general", keep);
  draft.write("half a thought");
  assert.equal(new Draft(1, "general", keep).read(), "half a thought");
  assert.equal(new Draft(2, "general", keep).read(), "");
  assert.equal(new Draft(1, "random", keep).read(), "");
  draft.write("");
  assert.equal(keep.length, 0);
});

test("forgetting takes all drafts of one user and nothing else", () => {
  const keep = new FakeStorage();
  for (const room of ["general", "random", "support"]) new Draft(1, room, keep).write("mine");
  new Draft(12, "general", keep).write("another's");
  keep.setItem("something:else", "kept");
  forgetDrafts(1, /** @type {any} */ (keep));
  assert.deepEqual([...keep.kept.keys()], ["chorus:draft:12:general", "something:else"]);
});

test("a browser that forbids storage only makes drafts shorter-lived", () => {
  const forbidden = new Proxy({}, { get: () => () => { throw new Error("forbidden"); } });
  const draft = new Draft(1, "general", /** @type {any} */ (forbidden));
  draft.write("typed");
  assert.equal(draft.read(), "");
});
