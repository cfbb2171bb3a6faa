/** Chance that can be repeated: the same seed, the same course. */

export class Random {
  #state;

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed >>> 0 || 1;
  }

  /** @returns {number} 0 ≤ n < 1 (xorshift32). */
  next() {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) / 2 ** 32;
  }

  /** @param {number} n @returns {number} An integer, 0 ≤ i < n. */
  below(n) {
    return Math.floor(this.next() * n);
  }

  /** @param {number} part */
  chance(part) {
    return this.next() < part;
  }

  /**
   * @template T
   * @param {readonly T[]} items
   * @returns {T[]}
   */
  shuffled(items) {
    const result = [...items];
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [result[i], result[j]] = [result[j], result[i]];
    }
    return result;
  }
}
