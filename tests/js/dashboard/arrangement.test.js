import assert from "node:assert/strict";
import { test } from "node:test";

import { alertAge, alertWords, risen } from "../../../static/dashboard/alert-words.js";
import { groupOf, ordered, placed, stepped } from "../../../static/dashboard/arrangement.js";
import { ranked } from "../../../static/dashboard/counts-panel.js";
import { actionOf } from "../../../static/dashboard/keys.js";
import { moments } from "../../../static/dashboard/moments.js";
import { nextOrder, sorted } from "../../../static/dashboard/sorting.js";

const IDS = ["tile:a", "tile:b", "tile:c", "chart:x", "chart:y", "table:t", "counts:u"];

test("panels stand as they were arranged; new ones behind, and those that are gone nowhere", () => {
  assert.deepEqual(ordered(IDS, { order: [], hidden: [] }), IDS);
  assert.deepEqual(ordered(["tile:a", "tile:b", "tile:new"], { order: ["tile:gone", "tile:b"], hidden: [] }), ["tile:b", "tile:a", "tile:new"]);
});

test("a panel steps among the panels of its group that are shown", () => {
  assert.deepEqual(stepped(IDS, "tile:a", 1, []).slice(0, 3), ["tile:b", "tile:a", "tile:c"]);
  assert.deepEqual(stepped(IDS, "tile:a", 1, ["tile:b"]).slice(0, 3), ["tile:b", "tile:c", "tile:a"]);
  assert.deepEqual(stepped(IDS, "tile:c", 1, []), IDS);
  assert.deepEqual(stepped(IDS, "chart:x", -1, []), IDS);
  assert.deepEqual(stepped(IDS, "table:t", 1, []).slice(-2), ["counts:u", "table:t"]);
});

test("a panel is not put into another group", () => {
  assert.deepEqual(placed(IDS, "tile:a", "chart:x", true), IDS);
  assert.equal(groupOf("counts:u"), groupOf("table:t"));
});

test("a column sorts numbers from the top and words from the front, then the other way, then not at all", () => {
  const number = { name: "n", kind: /** @type {const} */ ("number"), label: "N" };
  const text = { name: "t", kind: /** @type {const} */ ("text"), label: "T" };
  const first = nextOrder(null, number);
  assert.deepEqual(first, { column: "n", descending: true });
  assert.deepEqual(nextOrder(first, number), { column: "n", descending: false });
  assert.equal(nextOrder(nextOrder(first, number), number), null);
  assert.deepEqual(nextOrder(first, text), { column: "t", descending: false });
});

test("what is not known is last either way, and worker 10 comes after worker 9", () => {
  const rows = [{ n: 2, t: "worker 10" }, { n: null, t: "worker 9" }, { n: 11, t: "Worker 1" }];
  const by = (/** @type {string} */ column, /** @type {boolean} */ descending) => sorted(rows, { column, descending });
  assert.deepEqual(by("n", true).map(({ n }) => n), [11, 2, null]);
  assert.deepEqual(by("n", false).map(({ n }) => n), [2, 11, null]);
  assert.deepEqual(by("t", false).map(({ t }) => t), ["Worker 1", "worker 9", "worker 10"]);
  assert.deepEqual(sorted(rows, null), rows);
});

test("counts are ranked by size, then by name", () => {
  assert.deepEqual(ranked({ b: 1, a: 1, c: 5 }), [["c", 5], ["a", 1], ["b", 1]]);
});

test("an alert is a sentence, and only those that were not there before are new", () => {
  const alert = { field: "p99", label: "Delivery p99", severity: /** @type {const} */ ("warning"), value: 140.25, limit: 100, above: true, unit: "ms", since: 1_000 };
  assert.equal(alertWords(alert, 1), "Delivery p99 is 140.3\u00A0ms, above 100\u00A0ms");
  assert.equal(alertWords({ ...alert, above: false }, 0), "Delivery p99 is 140\u00A0ms, below 100\u00A0ms");
  assert.equal(alertAge(alert, 126_400), "for 2\u00A0min 05\u00A0s");
  const worse = { ...alert, limit: 500 };
  assert.deepEqual(risen([alert], [{ ...alert, value: 150 }, worse]), [worse]);
});

test("a key does its thing, but not while one types, in a dialog, or with another key held", () => {
  const p = () => undefined;
  const pressed = { key: "P", ctrlKey: false, metaKey: false, altKey: false, defaultPrevented: false, repeat: false, target: null };
  const inside = /** @type {any} */ ({ closest: (/** @type {string} */ selector) => selector.includes("dialog[open]") });
  assert.equal(actionOf(pressed, { p }), p);
  assert.equal(actionOf({ ...pressed, ctrlKey: true }, { p }), undefined);
  assert.equal(actionOf({ ...pressed, target: inside }, { p }), undefined);
  assert.equal(actionOf({ ...pressed, repeat: true }, { p }), undefined);
  assert.equal(actionOf({ ...pressed, key: "toString" }, { p }), undefined);
});

test("moments are those of the viewer's zone", () => {
  const { clock, exact, moment } = moments("en", "Europe/Berlin");
  const at = Date.parse("2026-11-30T13:05:09Z");
  assert.deepEqual([clock(at), exact(at), moment(at)], ["14:05", "14:05:09", "Nov 30, 14:05"]);
});
