/**
 * Who we are to the server: the session cookie has already said it in `hello`,
 * or a token is presented and renewed before it ends.
 *
 * Does not open or close connections; connection.js acts on what is thrown here.
 */

import { backoff } from "./backoff.js";
import { ErrorCode } from "./codes.js";
import { HandshakeError, RealtimeError } from "./errors.js";

/** @import { Clock, GetToken, Hello, Request, TimerId, User } from "./types.d.ts" */

/** The part of a token's life after which it is renewed. */
const RENEW_AT = 0.8;

export class Credentials {
  #clock;
  #random;
  #userId;
  #getToken;
  #ask;
  /** A kept token will not do: the last one was refused or has expired. */
  #fresh = false;
  /** @type {TimerId | null} */
  #timer = null;

  /**
   * @param {object} options
   * @param {Clock} options.clock
   * @param {() => number} options.random
   * @param {string} options.userId
   * @param {GetToken | null} options.getToken
   * @param {(request: Request) => Promise<any>} options.ask
   */
  constructor({ clock, random, userId, getToken, ask }) {
    this.#clock = clock;
    this.#random = random;
    this.#userId = userId;
    this.#getToken = getToken;
    this.#ask = ask;
  }

  /**
   * @param {Hello} hello
   * @returns {Promise<User>} Rejects with HandshakeError.
   */
  async present(hello) {
    const user = hello.user ?? (await this.#presentToken());
    // Somebody else logged in behind this page: what its user wrote must not go out under that name.
    if (String(user.id) !== this.#userId) throw new HandshakeError("user_changed", { final: true });
    return user;
  }

  /** The server says the token's time is over (4010). */
  expired() {
    this.#fresh = true;
  }

  /** The connection has ended: nothing is left to renew. */
  stop() {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** @returns {Promise<User>} */
  async #presentToken() {
    const getToken = this.#getToken;
    if (getToken === null) throw new HandshakeError("auth_missing", { final: true });
    const fresh = this.#fresh;
    const token = await this.#token(getToken, fresh);
    try {
      return await this.#authenticate(token);
    } catch (error) {
      throw this.#judged(error, fresh);
    }
  }

  /**
   * @param {GetToken} getToken
   * @param {boolean} fresh
   */
  async #token(getToken, fresh) {
    try {
      return await getToken({ fresh });
    } catch (cause) {
      throw new HandshakeError("no_token", { final: false, cause });
    }
  }

  /** @param {string} token */
  async #authenticate(token) {
    const { user, expires_in_s: expiresInS } = await this.#ask({ op: "auth", token });
    this.#fresh = false;
    if (typeof expiresInS === "number") this.#renewIn(expiresInS * 1000 * RENEW_AT, 0);
    return user;
  }

  /**
   * A token that was kept too long is worth one more try with a new one.
   *
   * @param {unknown} cause
   * @param {boolean} wasFresh
   */
  #judged(cause, wasFresh) {
    if (!(cause instanceof RealtimeError) || cause.retryable) {
      return new HandshakeError("lost", { final: false, cause });
    }
    this.#fresh = true;
    const final = wasFresh || cause.code !== ErrorCode.UNAUTHENTICATED;
    return new HandshakeError("auth_failed", { final, cause });
  }

  /**
   * @param {number} ms
   * @param {number} attempt
   */
  #renewIn(ms, attempt) {
    this.stop();
    this.#timer = this.#clock.setTimeout(() => void this.#renew(attempt), ms);
  }

  /**
   * Failing to renew is no harm yet: the server says 4010 when it is.
   *
   * @param {number} attempt
   */
  async #renew(attempt) {
    const timer = this.#timer;
    const getToken = /** @type {GetToken} */ (this.#getToken);
    try {
      const token = await this.#token(getToken, true);
      if (this.#timer === timer) await this.#authenticate(token);
    } catch {
      const again = backoff(attempt, this.#random);
      if (this.#timer === timer) this.#renewIn(again, attempt + 1);
    }
  }
}
