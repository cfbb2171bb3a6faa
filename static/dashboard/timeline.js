/**
 * The last minutes of a dashboard's numbers: the history the server gave, and what came
 * since, a row a step. Where nothing came for a while stands a row of nothing, so that a
 * line breaks instead of telling a story. Pure.
 */

import { Ring } from "./ring.js";

/** @import { History, Minutes, State } from "./types.d.ts" */

/** More than the longest range at its step (60 min at 5 s), so that a pause has something to stand on. */
const CAPACITY = 1024;
const SLACK = 1.25;
const MINUTE_MS = 60_000;
/** As late as a state may be before it is stale. */
const LATE_STEPS = 3;
const LATE_MIN_MS = 5_000;

export class Timeline {
  /** @type {readonly string[]} */
  fields;
  #intervalMs;
  #stepMs;
  #ring;
  /** Refilled for every row. */
  #row;
  #nothing;
  /** Whether the history of the range was read. */
  loaded = false;

  /**
   * @param {readonly string[]} fields Names of the number fields.
   * @param {number | null} intervalS
   */
  constructor(fields, intervalS) {
    this.fields = fields;
    this.#intervalMs = intervalS === null ? null : intervalS * 1000;
    this.#stepMs = Math.max(this.#intervalMs ?? 1000, 1000);
    this.#ring = new Ring(fields.length, CAPACITY);
    this.#row = new Float64Array(fields.length);
    this.#nothing = new Float64Array(fields.length).fill(NaN);
  }

  get length() {
    return this.#ring.length;
  }

  get last() {
    return this.#ring.last;
  }

  /**
   * What the server kept, in the place of what was held; what came after it stays.
   *
   * @param {History} history
   * @param {Minutes} minutes
   */
  load(history, minutes) {
    const before = this.#ring;
    this.#stepMs = Math.max(history.step_s * 1000, 1);
    this.#ring = new Ring(this.fields.length, Math.max(CAPACITY, Math.ceil((SLACK * minutes * MINUTE_MS) / this.#stepMs)));
    const columns = this.fields.map((name) => history.fields[name]);
    history.at.forEach((at, n) => {
      columns.forEach((column, index) => (this.#row[index] = column?.[n] ?? NaN));
      // A step in which nothing came is a hole only if many follow it, as for what comes live.
      if (this.#row.some((value) => !Number.isNaN(value))) this.#put(at, this.#row);
    });
    this.#copy(before, this.#ring.last);
    this.loaded = true;
  }

  /**
   * @param {number} at
   * @param {State} state
   */
  add(at, state) {
    this.fields.forEach((name, index) => (this.#row[index] = state[name] ?? NaN));
    this.#put(at, this.#row);
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  window(from, to) {
    return this.#ring.window(from, to);
  }

  /** @param {{ start: number, count: number }} window */
  times(window) {
    return this.#ring.times(window);
  }

  /**
   * @param {string} field
   * @param {{ start: number, count: number }} window
   */
  values(field, window) {
    return this.#ring.column(this.fields.indexOf(field), window);
  }

  /**
   * @param {number} at
   * @param {ArrayLike<number>} row
   */
  #put(at, row) {
    const { last } = this.#ring;
    const sameStep = Math.floor(at / this.#stepMs) === Math.floor(last / this.#stepMs);
    if (sameStep && at >= last) return this.#ring.replaceLast(at, row);
    if (at - last > this.#lateMs && last !== -Infinity) this.#ring.push(last + 1, this.#nothing);
    this.#ring.push(at, row);
  }

  /** What is only told when it changes is never late. */
  get #lateMs() {
    if (this.#intervalMs === null) return Infinity;
    return Math.max(LATE_STEPS * Math.max(this.#intervalMs, this.#stepMs), LATE_MIN_MS);
  }

  /**
   * @param {Ring} ring
   * @param {number} after
   */
  #copy(ring, after) {
    const window = ring.window(after + 1);
    const times = ring.times(window);
    const columns = this.fields.map((_, index) => ring.column(index, window));
    times.forEach((at, n) => {
      columns.forEach((column, index) => (this.#row[index] = column[n]));
      this.#put(at, this.#row);
    });
  }
}
