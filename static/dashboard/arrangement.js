/**
 * In which order the panels stand, and which are hidden: pure, as the server does it for
 * the first paint (dashboard/page_data.py). Panels move within their own group; one the
 * arrangement does not know of stands where the source puts it, behind those it knows.
 */

/** @import { Arrangement } from "./types.d.ts" */

/** @typedef {"tiles" | "charts" | "tables"} Group */

/** @type {{ [kind: string]: Group }} */
const GROUPS = { tile: "tiles", chart: "charts", table: "tables", counts: "tables" };

/**
 * @param {string} id `tile:<field>` …
 * @returns {Group}
 */
export function groupOf(id) {
  return GROUPS[id.slice(0, id.indexOf(":"))] ?? "tables";
}

/**
 * @param {readonly string[]} ids All panels, as the source orders them.
 * @param {Arrangement} arrangement
 * @returns {string[]}
 */
export function ordered(ids, { order }) {
  const known = order.filter((id) => ids.includes(id));
  return [...known, ...ids.filter((id) => !known.includes(id))];
}

/**
 * @param {readonly string[]} order
 * @param {string} id
 * @param {number} by -1: one earlier among the panels of its group that are shown.
 * @param {readonly string[]} hidden
 * @returns {string[]} The same order if there is no way to go.
 */
export function stepped(order, id, by, hidden) {
  const group = order.filter((other) => groupOf(other) === groupOf(id) && !hidden.includes(other));
  const target = group[group.indexOf(id) + by];
  return target === undefined ? [...order] : placed(order, id, target, by > 0);
}

/**
 * @param {readonly string[]} order
 * @param {string} id
 * @param {string} target Of the same group, or nothing moves.
 * @param {boolean} behind
 * @returns {string[]}
 */
export function placed(order, id, target, behind) {
  if (id === target || groupOf(id) !== groupOf(target)) return [...order];
  const rest = order.filter((other) => other !== id);
  rest.splice(rest.indexOf(target) + (behind ? 1 : 0), 0, id);
  return rest;
}
