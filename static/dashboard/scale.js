/**
 * How far the upright axis of a chart goes, and what stands beside it. Pure.
 */

import { BYTES, joined, words } from "./numbers.js";

/** A limit is drawn into the scale once the values come this close to it; before it would only flatten them. */
const NEAR = 0.5;
/** Up to 10¹⁵. */
const POWERS = 16;
const DECIMALS_MAX = 6;
const HEADROOM = 1.04;
const ROUND = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/**
 * From nothing up to a round number above the highest: an axis that moves with every
 * value cannot be read.
 *
 * @param {number | null | undefined} least
 * @param {number | null | undefined} most
 * @param {{ unit?: string, limits?: readonly { value: number, above: boolean }[] }} [field]
 * @returns {[number, number]}
 */
export function axisRange(least, most, { unit = "", limits = [] } = {}) {
  const top = Math.max(most ?? 0, 0);
  const near = limits.filter(({ value }) => value > 0 && top >= NEAR * value).map(({ value }) => value);
  const highest = Math.max(top, ...near);
  const bottom = Math.min(least ?? 0, 0);
  return [bottom === 0 ? 0 : -roundUp(-bottom * HEADROOM, unit), highest === 0 ? 1 : roundUp(highest * HEADROOM, unit)];
}

/**
 * The steps between the marks that may be chosen: round ones of the unit's own kind. What is counted whole has no halves.
 *
 * @param {string} unit
 * @param {number} decimals
 * @returns {number[]}
 */
export function increments(unit, decimals) {
  if (unit === "B") return Array.from({ length: 50 }, (_, power) => 2 ** power);
  if (unit === "s") return [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400, 172800, 604800];
  const powers = Array.from({ length: POWERS + decimals }, (_, power) => 10 ** (power - decimals));
  return powers.flatMap((power) => [power, 2 * power, 5 * power]);
}

/**
 * @param {readonly number[]} marks
 * @param {string} unit
 * @returns {string[]} What has its unit in the chart's title stands without.
 */
export function markWords(marks, unit) {
  const step = marks.length > 1 ? marks[1] - marks[0] : 1;
  const decimals = decimalsOf(step);
  return marks.map((mark) => {
    if (unit === "B") return byteMark(mark, marks);
    if (unit === "s") return words(mark, unit, decimals);
    if (step >= 1000) return joined(words(mark / 1000, "", step % 1000 === 0 ? 0 : 1), "k").replace("\u00A0", "");
    return words(mark, "", decimals);
  });
}

/**
 * All in the unit of the largest, or "96.0 MiB" would stand below "1.0 GiB".
 *
 * @param {number} mark
 * @param {readonly number[]} marks
 */
function byteMark(mark, marks) {
  const power = Math.min(BYTES.length - 1, Math.floor(Math.log2(Math.max(1, marks.at(-1) ?? 1)) / 10));
  const size = 1024 ** power;
  const step = (marks.length > 1 ? marks[1] - marks[0] : size) / size;
  return mark === 0 ? "0" : joined(words(mark / size, "", Math.min(2, decimalsOf(step))), BYTES[power]);
}

/**
 * @param {number} step
 * @returns {number} As many as it takes to tell one step from the next.
 */
function decimalsOf(step) {
  let decimals = 0;
  while (decimals < DECIMALS_MAX && Math.abs(Math.round(step * 10 ** decimals) - step * 10 ** decimals) > 1e-6) decimals += 1;
  return decimals;
}

/**
 * @param {number} value
 * @param {string} unit
 */
function roundUp(value, unit) {
  const base = unit === "B" ? 2 : 10;
  const power = base ** Math.floor(Math.log(value) / Math.log(base));
  const steps = unit === "B" ? [1, 1.25, 1.5, 2] : ROUND;
  return power * (steps.find((step) => step * power >= value) ?? base);
}
