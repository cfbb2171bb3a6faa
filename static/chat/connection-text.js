/**
 * What the line under the header says, and how loud. Pure: state in, words out.
 */

import { fill, gettext, ngettext } from "./i18n.js";

/** @import { StateDetail } from "../realtime/types.d.ts" */

/**
 * @typedef {object} Line
 * @property {string} text Empty: no line.
 * @property {"quiet" | "warn" | "bad" | "good"} tone
 * @property {"retry" | "reload" | null} offer
 */

/** @type {Line} */
const NOTHING = { text: "", tone: "quiet", offer: null };

/** Close codes people can do something about; names as in realtime/codes.js. */
const AUTH_FAILED = 4500;
const BANNED = 4503;
const REPLACED = 4504;

/**
 * @param {StateDetail} status
 * @param {number} waiting Entries in the outbox.
 * @param {number} now
 * @returns {Line}
 */
export function connectionLine(status, waiting, now) {
  switch (status.state) {
    case "waiting":
      return { text: joined(retryText(status.retryAt ?? now, now), waiting), tone: "warn", offer: "retry" };
    case "offline":
      return { text: joined(offlineText(), waiting), tone: "warn", offer: null };
    case "connecting":
      return { text: joined(gettext("Connecting…"), waiting), tone: "quiet", offer: null };
    case "closed":
      return { tone: "bad", ...closedText(status) };
    default:
      return NOTHING;
  }
}

/**
 * @param {number} count Changes that were missed and told afterwards.
 * @returns {Line}
 */
export function backLine(count) {
  if (count === 0) return { text: gettext("Back"), tone: "good", offer: null };
  const text = ngettext("Back; %(count)s message caught up", "Back; %(count)s messages caught up", count);
  return { text: fill(text, { count }), tone: "good", offer: null };
}

/**
 * @param {number} retryAt
 * @param {number} now
 */
function retryText(retryAt, now) {
  const seconds = Math.max(1, Math.ceil((retryAt - now) / 1000));
  return fill(gettext("Reconnecting in %(seconds)s s"), { seconds });
}

function offlineText() {
  return gettext("You are offline; messages will be sent when you are back");
}

/**
 * @param {string} text
 * @param {number} waiting
 */
function joined(text, waiting) {
  return waiting === 0 ? text : `${text} ${fill(gettext("(%(count)s waiting)"), { count: waiting })}`;
}

/**
 * @param {StateDetail} status
 * @returns {{ text: string, offer: "retry" | "reload" }}
 */
function closedText({ code, reason }) {
  if (code === BANNED) return { text: gettext("Your account was disabled."), offer: "reload" };
  if (code === REPLACED) return { text: gettext("Too many windows are open, so this one stopped."), offer: "retry" };
  if (reason === "user_changed") return { text: gettext("You are logged in as somebody else now."), offer: "reload" };
  if (code === AUTH_FAILED || reason === "auth_failed" || reason === "auth_missing") {
    return { text: gettext("You were logged out."), offer: "reload" };
  }
  return { text: gettext("The server closed the connection."), offer: "retry" };
}
