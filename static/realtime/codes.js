/**
 * The codes of the wire, as realtime/protocol/codes.py has them; a test holds
 * the two together. ClientCode is ours alone: what never came from a server.
 *
 * Page: docs/reference/protocol.md.
 */

export const Op = Object.freeze({
  AUTH: "auth",
  SUBSCRIBE: "subscribe",
  UNSUBSCRIBE: "unsubscribe",
  SEND: "send",
  PING: "ping",
  HELLO: "hello",
  REPLY: "reply",
  ERROR: "error",
  EVENT: "event",
  UNSUBSCRIBED: "unsubscribed",
  PONG: "pong",
});

/** Why one request was refused. */
export const ErrorCode = Object.freeze({
  BAD_FRAME: "bad_frame",
  UNKNOWN_OP: "unknown_op",
  UNAUTHENTICATED: "unauthenticated",
  FORBIDDEN: "forbidden",
  NOT_FOUND: "not_found",
  NOT_SUBSCRIBED: "not_subscribed",
  INVALID: "invalid",
  TOO_LARGE: "too_large",
  RATE_LIMITED: "rate_limited",
  MUTED: "muted",
  SLOW_MODE: "slow_mode",
  ROOM_FULL: "room_full",
  CONFLICT: "conflict",
  UNAVAILABLE: "unavailable",
  INTERNAL: "internal",
});

/** Why the server ended one subscription. */
export const UnsubscribeCode = Object.freeze({
  KICKED: "kicked",
  BANNED: "banned",
  REMOVED: "removed",
  GONE: "gone",
});

/** Why the server closed the connection. */
export const CloseCode = Object.freeze({
  TOO_LARGE: 1009,
  SHUTTING_DOWN: 4000,
  TRY_LATER: 4001,
  SLOW_CONSUMER: 4008,
  HEARTBEAT_MISSED: 4009,
  TOKEN_EXPIRED: 4010,
  AUTH_FAILED: 4500,
  AUTH_TIMEOUT: 4501,
  BANNED: 4503,
  REPLACED: 4504,
  PROTOCOL_ABUSE: 4508,
  ORIGIN_REFUSED: 4509,
});

/** Errors made by the client itself; with each of them the outcome is unknown. */
export const ClientCode = Object.freeze({
  DISCONNECTED: "disconnected",
  TIMEOUT: "timeout",
});

/**
 * Whether to come back after this close code. Codes the protocol does not list
 * count as an accident of the network.
 *
 * @param {number} code
 * @returns {boolean}
 */
export function mayReconnect(code) {
  return !(code >= 4500 && code <= 4999);
}
