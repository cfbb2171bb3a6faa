/**
 * The points of a dashboard's charts: one row of numbers per moment, in arrays of a fixed
 * size, so that an hour of updates takes no more memory than the first minute. What is not
 * known is NaN. Pure.
 */

export class Ring {
  /** Every cell is written twice, `capacity` apart: any window of it is one piece of memory. */
  #times;
  /** @type {Float64Array[]} */
  #columns;
  #capacity;
  #next = 0;
  #length = 0;

  /**
   * @param {number} columns
   * @param {number} capacity Rows.
   */
  constructor(columns, capacity) {
    this.#capacity = capacity;
    this.#times = new Float64Array(2 * capacity);
    this.#columns = Array.from({ length: columns }, () => new Float64Array(2 * capacity));
  }

  get length() {
    return this.#length;
  }

  /** When the newest row is of; -Infinity while there is none. */
  get last() {
    return this.#length === 0 ? -Infinity : this.#times[this.#slot(this.#length - 1)];
  }

  clear() {
    this.#length = 0;
    this.#next = 0;
  }

  /**
   * Add a row behind all others. One that is not newer than the last is not taken.
   *
   * @param {number} at
   * @param {ArrayLike<number>} row
   */
  push(at, row) {
    if (at <= this.last) return;
    this.#write(this.#next, at, row);
    this.#next = (this.#next + 1) % this.#capacity;
    this.#length = Math.min(this.#length + 1, this.#capacity);
  }

  /**
   * The newest row as it now is.
   *
   * @param {number} at Not before the row it takes the place of.
   * @param {ArrayLike<number>} row
   */
  replaceLast(at, row) {
    if (this.#length > 0) this.#write((this.#next + this.#capacity - 1) % this.#capacity, at, row);
  }

  /**
   * Where the rows from a moment on begin, and how many there are.
   *
   * @param {number} from
   * @param {number} [to]
   * @returns {{ start: number, count: number }} For `times` and `column`.
   */
  window(from, to = Infinity) {
    const first = this.#find(from);
    return { start: first, count: (to === Infinity ? this.#length : this.#find(to + 1)) - first };
  }

  /**
   * @param {{ start: number, count: number }} window
   * @returns {Float64Array} A view; valid until the next row.
   */
  times({ start, count }) {
    const slot = this.#slot(start);
    return this.#times.subarray(slot, slot + count);
  }

  /**
   * @param {number} column
   * @param {{ start: number, count: number }} window
   * @returns {Float64Array} A view; valid until the next row.
   */
  column(column, { start, count }) {
    const slot = this.#slot(start);
    return this.#columns[column].subarray(slot, slot + count);
  }

  /** @param {number} at The number of rows before this moment. */
  #find(at) {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#times[this.#slot(middle)] < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** @param {number} index Of a row, oldest first. */
  #slot(index) {
    return ((this.#next - this.#length + this.#capacity) % this.#capacity) + index;
  }

  /**
   * @param {number} slot
   * @param {number} at
   * @param {ArrayLike<number>} row
   */
  #write(slot, at, row) {
    this.#times[slot] = this.#times[slot + this.#capacity] = at;
    this.#columns.forEach((column, n) => (column[slot] = column[slot + this.#capacity] = row[n]));
  }
}
