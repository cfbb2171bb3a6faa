/**
 * Times in the words and the zone of whoever looks. Pure but for the zone and the
 * locale, which are the browser's; a test names them.
 */

/** @typedef {{ locale?: string, zone?: string }} Place */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const UNITS = [
  ["day", DAY],
  ["hour", HOUR],
  ["minute", MINUTE],
];

/**
 * @param {Place} [place] The browser's own if absent.
 */
export function timeWords({ locale, zone } = {}) {
  const format = (/** @type {Intl.DateTimeFormatOptions} */ options) =>
    new Intl.DateTimeFormat(locale, { ...options, timeZone: zone });
  const clock = format({ hour: "2-digit", minute: "2-digit" });
  const full = format({ dateStyle: "full", timeStyle: "short" });
  const key = new Intl.DateTimeFormat("en-CA", { timeZone: zone });
  const weekday = format({ weekday: "long", day: "numeric", month: "long" });
  const dated = format({ day: "numeric", month: "long", year: "numeric" });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });

  return {
    /** @param {number} at "14:05" */
    clock: (at) => clock.format(at),
    /** @param {number} at "Monday, 23 November 2026 at 14:05" */
    full: (at) => full.format(at),
    /** @param {number} at "2026-11-23": equal for two moments of one day. */
    dayKey: (at) => key.format(at),
    /**
     * @param {number} at
     * @param {number} now
     * @returns {string} "Today", "Yesterday", "Friday, November 20", "March 3, 2025"
     */
    day: (at, now) => {
      const daysAgo = (Date.parse(key.format(now)) - Date.parse(key.format(at))) / DAY;
      if (daysAgo === 0 || daysAgo === 1) return capital(relative.format(-daysAgo, "day"));
      return (daysAgo > 1 && daysAgo < 180 ? weekday : dated).format(at);
    },
    /**
     * @param {number} at
     * @param {number} now
     * @returns {string} "3 minutes ago", "now"
     */
    relative: (at, now) => {
      const [unit, size] = UNITS.find(([, ms]) => Math.abs(now - at) >= ms) ?? ["second", now - at + 1];
      return relative.format(Math.trunc((at - now) / size), unit);
    },
  };
}

/** @typedef {ReturnType<typeof timeWords>} TimeWords */

/** @param {string} text */
function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
