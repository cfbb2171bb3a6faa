/**
 * May one write here, and is this text fit to be sent? Pure. The server decides again;
 * this spares the round trip and says why before anything is lost.
 */

import { fill, gettext } from "./i18n.js";

/** @import { Me, Message, Room } from "../realtime/types.d.ts" */

export const TEXT_MAX = 4000;
/** From here on the count is shown. */
const COUNT_FROM = 3600;

/**
 * @param {Room} room
 * @param {Me} me
 * @param {number} now
 * @param {(at: number) => string} clock
 * @returns {string} Why nobody, or not this user, can write here; empty if they can.
 */
export function closedBecause(room, me, now, clock) {
  const moderates = me.role === "owner" || me.role === "moderator";
  if (room.archived) return gettext("This room is archived. Everything stays readable; nobody can write here.");
  const until = me.muted_until === null ? 0 : Date.parse(me.muted_until);
  if (until > now) return fill(gettext("You are muted in this room until %(time)s."), { time: clock(until) });
  if (room.read_only && !moderates) return gettext("Only owners and moderators can write in this room.");
  return "";
}

/**
 * @param {Room} room
 * @param {Me} me
 * @param {Message | undefined} lastOwn
 * @param {number} now
 * @returns {number} Seconds until one may post again in slow mode; 0: now.
 */
export function slowModeWait(room, me, lastOwn, now) {
  if (room.slow_mode_s === 0 || me.role === "owner" || me.role === "moderator" || lastOwn === undefined) return 0;
  return Math.max(0, Math.ceil((Date.parse(lastOwn.created_at) - now) / 1000 + room.slow_mode_s));
}

/**
 * @param {string} text
 * @returns {{ empty: boolean, left: number, counted: boolean }} `left` may be below zero.
 */
export function measure(text) {
  // Code points, as the server counts; the spread is only paid for long texts.
  const length = text.length <= COUNT_FROM ? text.length : [...text].length;
  return { empty: text.trim() === "", left: TEXT_MAX - length, counted: length >= COUNT_FROM };
}
