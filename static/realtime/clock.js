/**
 * Time as the client sees it; tests hand in a fake one. The wall clock, not
 * performance.now(): only the wall clock tells that a laptop was asleep.
 */

/** @import { Clock } from "./types.d.ts" */

/** @type {Clock} */
export const systemClock = Object.freeze({
  now: () => Date.now(),
  setTimeout: (/** @type {() => void} */ callback, /** @type {number} */ ms) =>
    globalThis.setTimeout(callback, Math.min(ms, MAX_DELAY_MS)),
  clearTimeout: (/** @type {any} */ id) => globalThis.clearTimeout(id),
});

/** Browsers keep delays in 32 bits: a longer one would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;
