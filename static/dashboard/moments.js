/**
 * Moments as a dashboard writes them, in the viewer's zone: on an axis, under a
 * crosshair, and as a value. Pure but for the zone, which is the browser's if none is named.
 */

/**
 * @param {string} [locale]
 * @param {string} [zone]
 */
export function moments(locale, zone) {
  const format = (/** @type {Intl.DateTimeFormatOptions} */ options) =>
    new Intl.DateTimeFormat(locale, { ...options, timeZone: zone, hourCycle: "h23" });
  const clock = format({ hour: "2-digit", minute: "2-digit" });
  const exact = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const day = format({ month: "short", day: "numeric" });
  return {
    /** @param {number} at "14:05" */
    clock: (at) => clock.format(at),
    /** @param {number} at "14:05:09" */
    exact: (at) => exact.format(at),
    /** @param {number} at "Nov 30, 14:05" */
    moment: (at) => `${day.format(at)}, ${clock.format(at)}`,
  };
}
