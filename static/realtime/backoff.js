/**
 * How long to wait before trying again: exponential, with full jitter, so that
 * ten thousand clients of one restarted server do not come back in one wave.
 * Pure: randomness comes in.
 */

export const BASE_MS = 500;
export const CAP_MS = 20_000;

/**
 * @param {number} attempt How many attempts have failed before this wait, from 0.
 * @param {() => number} random 0 ≤ n < 1.
 * @returns {number} Milliseconds, from 0 up to a ceiling that doubles from BASE_MS to CAP_MS.
 */
export function backoff(attempt, random) {
  // 2 ** attempt turns Infinity long after the cap has won, so no clamp on attempt is needed.
  return random() * Math.min(CAP_MS, BASE_MS * 2 ** attempt);
}

/**
 * A wait the server asked for is kept in full; jitter comes on top of it.
 *
 * @param {number} attempt
 * @param {() => number} random
 * @param {number | null} retryAfterS
 * @returns {number} Milliseconds.
 */
export function backoffAfter(attempt, random, retryAfterS) {
  if (retryAfterS === null) return backoff(attempt, random);
  return retryAfterS * 1000 + random() * BASE_MS;
}
