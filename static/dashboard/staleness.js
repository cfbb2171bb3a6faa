/**
 * How old what one sees is, and why: by the server's clock, never by one's own. Pure.
 */

import { fill, gettext } from "../chat/i18n.js";
import { duration } from "./numbers.js";

/** @import { Description } from "./types.d.ts" */

/**
 * fresh; never: there is no state yet; empty: nor need there be one, it comes when something happens. failed, slow: the server says so.
 * silent: nothing came for longer than it should.
 *
 * @typedef {"fresh" | "never" | "empty" | "failed" | "slow" | "silent"} StaleKind
 *
 * @typedef {object} Staleness
 * @property {StaleKind} kind
 * @property {number} ageMs Of the values; 0 if there are none.
 */

const LATE_INTERVALS = 3;
const LATE_MIN_MS = 5_000;

/**
 * @param {Pick<Description, "at" | "stale" | "interval_s">} description
 * @param {number} now By the server's clock.
 * @param {boolean} connected Without a connection even what is only pushed grows old.
 * @returns {Staleness}
 */
export function staleness({ at, stale, interval_s: interval }, now, connected) {
  if (at === null) return { kind: interval === null ? "empty" : "never", ageMs: 0 };
  const ageMs = Math.max(0, now - at);
  if (stale !== null) return { kind: stale.reason, ageMs };
  const late = ageMs > Math.max(LATE_INTERVALS * (interval ?? 0) * 1000, LATE_MIN_MS);
  return { kind: late && (interval !== null || !connected) ? "silent" : "fresh", ageMs };
}

/**
 * @param {Staleness} found
 * @returns {boolean} Whether what one sees must not be taken for what is.
 */
export function isStale({ kind }) {
  return kind !== "fresh" && kind !== "empty";
}

/**
 * @param {Staleness} found
 * @returns {string} For the badge: short, because it stands there all day.
 */
export function badgeWords({ kind, ageMs }) {
  if (kind === "fresh") return gettext("Live");
  if (kind === "never") return gettext("Waiting");
  if (kind === "empty") return gettext("Nothing yet");
  return fill(gettext("%(age)s old"), { age: age(ageMs) });
}

/**
 * @param {Staleness} found
 * @returns {"fresh" | "stale" | "empty"} What the dot looks like.
 */
export function toneOf(found) {
  if (found.kind === "empty") return "empty";
  return isStale(found) ? "stale" : "fresh";
}

/**
 * @param {Staleness} found
 * @returns {string} The whole sentence; empty where all is well.
 */
export function staleSentence({ kind, ageMs }) {
  switch (kind) {
    case "never":
      return gettext("Waiting for the first values…");
    case "failed":
      return fill(gettext("The values could not be computed. These are %(age)s old."), { age: age(ageMs) });
    case "slow":
      return fill(gettext("The values take long to compute. These are %(age)s old."), { age: age(ageMs) });
    case "silent":
      return fill(gettext("Nothing came for a while. These values are %(age)s old."), { age: age(ageMs) });
    default:
      return "";
  }
}

/** @param {number} ms */
function age(ms) {
  return duration(Math.floor(ms / 1000));
}
