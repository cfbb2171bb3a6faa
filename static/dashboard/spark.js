/**
 * The small line in a tile, as the path of an SVG. Pure.
 */

/** As wide as the drawing's own units; css/tile.css stretches it. */
export const WIDTH = 100;
export const HEIGHT = 24;
/** More corners than this nobody sees in so small a line. */
const POINTS = 50;
const EDGE = 1.5;

/**
 * @param {Float64Array} times
 * @param {Float64Array} values NaN: not known; the line breaks.
 * @param {number} from
 * @param {number} to
 * @returns {string} Empty where there is no line to draw.
 */
export function sparkPath(times, values, from, to) {
  if (values.reduce((known, value) => known + Number(!Number.isNaN(value)), 0) < 2) return "";
  const points = thinned(times, values, from, to);
  const known = points.filter((value) => !Number.isNaN(value));
  const low = Math.min(...known);
  const span = Math.max(...known) - low;
  const y = (/** @type {number} */ value) =>
    span === 0 ? HEIGHT / 2 : HEIGHT - EDGE - ((value - low) / span) * (HEIGHT - 2 * EDGE);
  let path = "";
  let isDrawing = false;
  points.forEach((value, n) => {
    if (Number.isNaN(value)) isDrawing = false;
    else {
      path += `${isDrawing ? "L" : "M"}${round((n / (POINTS - 1)) * WIDTH)} ${round(y(value))}`;
      isDrawing = true;
    }
  });
  return path;
}

/**
 * The mean of each fiftieth of the time. A fiftieth without a row has the value of the one
 * before it; one whose rows know nothing is a hole.
 *
 * @param {Float64Array} times
 * @param {Float64Array} values
 * @param {number} from
 * @param {number} to
 * @returns {number[]}
 */
function thinned(times, values, from, to) {
  const sums = new Array(POINTS).fill(0);
  const counts = new Array(POINTS).fill(0);
  const seen = new Array(POINTS).fill(false);
  times.forEach((at, n) => {
    const slot = Math.min(POINTS - 1, Math.max(0, Math.floor(((at - from) / (to - from)) * POINTS)));
    seen[slot] = true;
    if (Number.isNaN(values[n])) return;
    sums[slot] += values[n];
    counts[slot] += 1;
  });
  let before = NaN;
  return sums.map((sum, slot) => {
    if (seen[slot]) before = counts[slot] === 0 ? NaN : sum / counts[slot];
    return before;
  });
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}
