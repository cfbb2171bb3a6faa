/**
 * Numbers as people read them, just as the server writes them for the first paint
 * (dashboard/numbers.py). Pure. tests/dashboard/numbers.json holds the two together.
 */

/** Not known. */
export const NOTHING = "–";

const KIB = 1024;
export const BYTES = ["B", "KiB", "MiB", "GiB", "TiB"];
const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;
/** Units that stand without a space. */
const CLOSE = /^[/°]/;

/** @type {Map<number, Intl.NumberFormat>} Making one costs more than a hundred uses. */
const formats = new Map();

/**
 * A number and what it is counted in, apart, so that a tile can show the second smaller.
 *
 * @param {number | null | undefined} value
 * @param {string} [unit]
 * @param {number} [decimals]
 * @returns {{ number: string, unit: string }}
 */
export function parts(value, unit = "", decimals = 0) {
  if (value === null || value === undefined || !Number.isFinite(value)) return { number: NOTHING, unit: "" };
  if (unit === "B") return bytes(value);
  if (unit === "s") return { number: duration(value, decimals), unit: "" };
  return { number: plain(value, decimals), unit };
}

/**
 * @param {number | null | undefined} value
 * @param {string} [unit]
 * @param {number} [decimals]
 * @returns {string} "1,204", "12.5 ms", "3/s", "1.5 MiB", "2 h 05 min", "–"
 */
export function words(value, unit, decimals) {
  const shown = parts(value, unit, decimals);
  return joined(shown.number, shown.unit);
}

/**
 * How a number moved, with its sign. Nothing where it did not, as it is shown.
 *
 * @param {number | null | undefined} before
 * @param {number | null | undefined} now
 * @param {string} [unit]
 * @param {number} [decimals]
 * @returns {string} "+12", "−0.4 ms", ""
 */
export function difference(before, now, unit = "", decimals = 0) {
  if (typeof before !== "number" || typeof now !== "number") return "";
  const moved = now - before;
  const amount = words(Math.abs(moved), unit, decimals);
  if (!/[1-9]/.test(amount)) return "";
  return `${moved > 0 ? "+" : "−"}${amount}`;
}

/**
 * A limit is a round number, whatever its field's values are.
 *
 * @param {number} limit
 * @param {{ unit: string, decimals: number }} field
 */
export function limitWords(limit, { unit, decimals }) {
  return words(limit, unit, Number.isInteger(limit) ? 0 : decimals);
}

/**
 * @param {string} number
 * @param {string} unit
 */
export function joined(number, unit) {
  return unit === "" || CLOSE.test(unit) ? number + unit : `${number}\u00A0${unit}`;
}

/** @param {number} value */
function bytes(value) {
  let step = 0;
  let size = value;
  while (Math.abs(size) >= KIB && step < BYTES.length - 1) {
    size /= KIB;
    step += 1;
  }
  return { number: plain(size, step === 0 || Math.abs(size) >= 100 ? 0 : 1), unit: BYTES[step] };
}

/**
 * @param {number} seconds
 * @param {number} decimals Of less than a minute.
 * @returns {string}
 */
export function duration(seconds, decimals = 0) {
  if (seconds < 0) return `−${duration(-seconds, decimals)}`;
  if (seconds < MINUTE_S) return `${plain(seconds, decimals)}\u00A0s`;
  const whole = Math.floor(seconds);
  if (whole < HOUR_S) return two(Math.floor(whole / MINUTE_S), "min", whole % MINUTE_S, "s");
  if (whole < DAY_S) return two(Math.floor(whole / HOUR_S), "h", Math.floor((whole % HOUR_S) / MINUTE_S), "min");
  return two(Math.floor(whole / DAY_S), "d", Math.floor((whole % DAY_S) / HOUR_S), "h");
}

/**
 * @param {number} large
 * @param {string} largeUnit
 * @param {number} small
 * @param {string} smallUnit
 */
function two(large, largeUnit, small, smallUnit) {
  return `${large}\u00A0${largeUnit} ${String(small).padStart(2, "0")}\u00A0${smallUnit}`;
}

/**
 * @param {number} value
 * @param {number} decimals
 */
function plain(value, decimals) {
  let format = formats.get(decimals);
  if (format === undefined) {
    format = new Intl.NumberFormat("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    formats.set(decimals, format);
  }
  const text = format.format(value);
  // What rounds to nothing has no sign.
  return /[1-9]/.test(text) ? text.replace("-", "−") : text.replace("-", "");
}
