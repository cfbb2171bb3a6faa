/**
 * What a chart draws: the rows of its range as the arrays uPlot takes, filled again for
 * every drawing and never made anew, and what can be said about them in words. Pure.
 */

/** @import { Timeline } from "./timeline.js" */

/** @typedef {{ latest: number | null, least: number | null, most: number | null }} Summary */

export class ChartData {
  /** Times, then each field's values; null: not known. @type {[number[], ...(number | null)[][]]} */
  columns;
  /** Of each field. @type {Summary[]} */
  summaries;
  #fields;

  /** @param {readonly string[]} fields */
  constructor(fields) {
    this.#fields = fields;
    this.columns = [[], ...fields.map(() => [])];
    this.summaries = fields.map(() => ({ latest: null, least: null, most: null }));
  }

  get length() {
    return this.columns[0].length;
  }

  /** Whether there is a line to draw. */
  get isEmpty() {
    return this.summaries.every(({ most }) => most === null);
  }

  /**
   * @param {Timeline} timeline
   * @param {number} from
   * @param {number} to
   */
  fill(timeline, from, to) {
    const window = timeline.window(from, to);
    const times = timeline.times(window);
    copyTimes(this.columns[0], times);
    this.#fields.forEach((field, n) => {
      const column = /** @type {(number | null)[]} */ (this.columns[n + 1]);
      summarize(column, timeline.values(field, window), this.summaries[n]);
    });
  }
}

/**
 * Every so many rows, the newest among them first: what a reader can take in.
 *
 * @param {number} length
 * @param {number} most
 * @returns {number[]} Indexes.
 */
export function sampled(length, most) {
  const step = Math.max(1, Math.ceil(length / most));
  const rows = [];
  for (let n = length - 1; n >= 0; n -= step) rows.push(n);
  return rows;
}

/**
 * @param {number[]} column
 * @param {Float64Array} times
 */
function copyTimes(column, times) {
  column.length = times.length;
  for (let n = 0; n < times.length; n += 1) column[n] = times[n];
}

/**
 * @param {(number | null)[]} column
 * @param {Float64Array} values
 * @param {Summary} summary
 */
function summarize(column, values, summary) {
  column.length = values.length;
  let [least, most] = [Infinity, -Infinity];
  for (let n = 0; n < values.length; n += 1) {
    const value = values[n];
    column[n] = value === value ? value : null;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  summary.latest = column.at(-1) ?? null;
  summary.least = most === -Infinity ? null : least;
  summary.most = most === -Infinity ? null : most;
}
