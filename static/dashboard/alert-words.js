/**
 * An alert in a sentence. Pure.
 */

import { fill, gettext } from "../chat/i18n.js";
import { duration, limitWords, words } from "./numbers.js";

/** @import { Alert } from "./types.d.ts" */

/**
 * @param {Alert} alert
 * @param {number} decimals Of its field.
 * @returns {string} "Delivery p99 is 140 ms, above 100 ms"
 */
export function alertWords({ label, value, limit, above, unit }, decimals) {
  const format = above ? gettext("%(label)s is %(value)s, above %(limit)s") : gettext("%(label)s is %(value)s, below %(limit)s");
  return fill(format, { label, value: words(value, unit, decimals), limit: limitWords(limit, { unit, decimals }) });
}

/**
 * @param {Alert} alert
 * @param {number} now By the server's clock.
 * @returns {string} "for 2 min 05 s"
 */
export function alertAge({ since }, now) {
  return fill(gettext("for %(time)s"), { time: duration(Math.max(0, Math.floor((now - since) / 1000))) });
}

/** @param {Alert} alert */
export function alertKey({ field, limit, above }) {
  return `${field}:${above ? "above" : "below"}:${limit}`;
}

/**
 * Alerts that were not there before.
 *
 * @param {readonly Alert[]} before
 * @param {readonly Alert[]} now
 */
export function risen(before, now) {
  const known = new Set(before.map(alertKey));
  return now.filter((alert) => !known.has(alertKey(alert)));
}
