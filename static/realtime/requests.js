/**
 * Questions and their answers on one client: numbers each request, and hands its
 * reply or refusal to whoever asked. No answer is a refusal too, after a while.
 */

import { ClientCode, ErrorCode } from "./codes.js";
import { RealtimeError } from "./errors.js";

/** @import { Clock, Encoded, Encoding, ErrorFrame, Reply, Request, TimerId } from "./types.d.ts" */

/** A commit may wait for a database to come back, but not for ever. */
const ANSWER_MS = 30_000;

/**
 * @typedef {object} Pending
 * @property {(data: any) => void} resolve
 * @property {(error: RealtimeError) => void} reject
 * @property {TimerId} timer
 * @property {number} bytes
 */

export class Requests {
  #clock;
  #encoding;
  #transmit;
  #lastId = 0;
  /** @type {Map<number, Pending>} */
  #pending = new Map();

  /**
   * @param {object} options
   * @param {Clock} options.clock
   * @param {() => Encoding} options.encoding What frames travel in now.
   * @param {(message: Encoded) => boolean} options.transmit Puts a message on the socket; false without one.
   */
  constructor({ clock, encoding, transmit }) {
    this.#clock = clock;
    this.#encoding = encoding;
    this.#transmit = transmit;
  }

  /**
   * @param {Request} request
   * @param {number} [limitBytes] What the server takes in one frame.
   * @returns {Promise<any>} The reply's data. Rejects with RealtimeError.
   */
  ask(request, limitBytes = Infinity) {
    const id = ++this.#lastId;
    const encoding = this.#encoding();
    const message = encoding.encode({ ...request, id });
    const bytes = encoding.byteLength(message);
    if (bytes > limitBytes) return Promise.reject(tooLarge(limitBytes));
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimeout(() => this.#take(id)?.reject(unanswered()), ANSWER_MS);
      this.#pending.set(id, { resolve, reject, timer, bytes });
      if (!this.#transmit(message)) this.#take(id)?.reject(disconnected());
    });
  }

  /** @param {Reply} frame */
  reply(frame) {
    this.#take(frame.id)?.resolve(frame.data);
  }

  /** @param {ErrorFrame} frame */
  refuse(frame) {
    if (frame.id !== undefined) this.#take(frame.id)?.reject(RealtimeError.fromFrame(frame));
  }

  /**
   * The connection is gone, and with it every answer.
   *
   * @param {boolean} [tooBig] It was closed for a frame that was too big (1009): the biggest
   *   unanswered one is guilty, and must not be sent again on the next connection.
   */
  abandon(tooBig = false) {
    const ids = [...this.#pending.keys()];
    const guilty = tooBig ? this.#biggest() : null;
    for (const id of ids) this.#take(id)?.reject(id === guilty ? tooLarge(null) : disconnected());
  }

  /** @returns {number | null} */
  #biggest() {
    const bySize = [...this.#pending].sort(([, a], [, b]) => b.bytes - a.bytes);
    return bySize[0]?.[0] ?? null;
  }

  /**
   * @param {number} id
   * @returns {Pending | undefined}
   */
  #take(id) {
    const pending = this.#pending.get(id);
    if (pending === undefined) return undefined;
    this.#pending.delete(id);
    this.#clock.clearTimeout(pending.timer);
    return pending;
  }
}

function disconnected() {
  return new RealtimeError(ClientCode.DISCONNECTED, "The connection was lost.", { retryable: true });
}

function unanswered() {
  return new RealtimeError(ClientCode.TIMEOUT, "The server did not answer.", { retryable: true });
}

/** @param {number | null} limitBytes */
function tooLarge(limitBytes) {
  const limit = limitBytes === null ? "" : ` The limit is ${limitBytes} bytes.`;
  return new RealtimeError(ErrorCode.TOO_LARGE, `This is too large to send.${limit}`);
}
