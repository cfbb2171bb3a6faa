/**
 * The two errors of this library.
 *
 * RealtimeError: one request was refused, by an `error` frame or because the
 * client gave up on it (ClientCode in codes.js). Pages see these.
 * HandshakeError: this connection cannot be used. Pages see its reason in `state`.
 */

/** @import { ClientError, ErrorFrame, StateReason } from "./types.d.ts" */

/**
 * @typedef {object} Details
 * @property {boolean} [retryable]
 * @property {number | null} [retryAfterS]
 * @property {string | null} [field]
 */

/** @implements {ClientError} */
export class RealtimeError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {Details} [details]
   */
  constructor(code, message, { retryable = false, retryAfterS = null, field = null } = {}) {
    super(message);
    this.name = "RealtimeError";
    /** Stable, for programs; `message` is for people. */
    this.code = code;
    /** Whether the same request may succeed later. */
    this.retryable = retryable;
    /** Not before so many seconds; null if the server did not say. */
    this.retryAfterS = retryAfterS;
    /** Which field of the request was wrong. */
    this.field = field;
  }

  /**
   * @param {ErrorFrame} frame
   * @returns {RealtimeError}
   */
  static fromFrame(frame) {
    return new RealtimeError(frame.code, frame.message, {
      retryable: frame.retryable,
      retryAfterS: frame.retry_after_s ?? null,
      field: frame.field ?? null,
    });
  }
}

export class HandshakeError extends Error {
  /**
   * @param {StateReason} reason
   * @param {object} options
   * @param {boolean} options.final Trying again would end the same way.
   * @param {unknown} [options.cause]
   */
  constructor(reason, { final, cause }) {
    super(`The connection could not be used: ${reason}.`, { cause });
    this.name = "HandshakeError";
    this.reason = reason;
    this.final = final;
  }
}
