/**
 * Times in the language of the page and the zone of whoever looks, just as the server
 * writes them for the first paint (chat.templatetags.ui). Pure; the zone is the
 * browser's if none is named.
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
 * @param {Place} [place]
 */
export function timeWords({ locale, zone } = {}) {
  const format = (/** @type {Intl.DateTimeFormatOptions} */ options) =>
    new Intl.DateTimeFormat(locale, { ...options, timeZone: zone });
  const clock = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const full = format({ dateStyle: "full", timeStyle: "short", hourCycle: "h23" });
  const key = new Intl.DateTimeFormat("en-CA", { timeZone: zone });
  const weekday = format({ weekday: "long", day: "numeric", month: "long" });
  const dated = format({ day: "numeric", month: "long", year: "numeric" });
  const short = format({ day: "numeric", month: "short" });
  const shortDated = format({ day: "numeric", month: "short", year: "numeric" });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });

  /** @param {number} at @param {number} now Days of the calendar, not of 24 hours. */
  const daysBetween = (at, now) => (Date.parse(key.format(now)) - Date.parse(key.format(at))) / DAY;

  return {
    /** @param {number} at "14:05" */
    clock: (at) => clock.format(at),
    /** @param {number} at "Monday, November 23, 2026 at 14:05" */
    full: (at) => full.format(at),
    /** @param {number} at "2026-11-23": equal for two moments of one day. */
    dayKey: (at) => key.format(at),
    /**
     * @param {number} at
     * @param {number} now
     * @returns {string} "Today", "Yesterday", "Friday, November 20", "March 3, 2025"
     */
    day: (at, now) => {
      const daysAgo = daysBetween(at, now);
      if (daysAgo === 0 || daysAgo === 1) return capital(relative.format(-daysAgo, "day"));
      return (daysAgo > 1 && daysAgo < 180 ? weekday : dated).format(at);
    },
    /**
     * @param {number} at
     * @param {number} now
     * @returns {string} "14:05", "Yesterday", "Nov 20", "Mar 3, 2025"
     */
    brief: (at, now) => {
      const daysAgo = daysBetween(at, now);
      if (daysAgo <= 0) return clock.format(at);
      if (daysAgo === 1) return capital(relative.format(-1, "day"));
      return (daysAgo < 180 ? short : shortDated).format(at);
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
