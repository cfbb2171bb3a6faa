/**
 * The HTTP API, for what the socket is not for: history, and the forms of rooms.
 * Cookies say who asks; refusals come out as ApiError with a sentence to show.
 */

import { slugOf } from "./slug.js";
import { fill, gettext } from "./i18n.js";

/** @import { HistoryPage, HistoryQuery } from "../realtime/types.d.ts" */

/** The server takes up to 200; this fills a screen twice. */
const PAGE_SIZE = 60;
const PATIENCE_MS = 15_000;

/** What the server refused, or that it could not be reached (status 0). */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {string} message
   * @param {{ [field: string]: string }} fields What is wrong with each field of a form.
   */
  constructor(status, message, fields = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.fields = fields;
  }
}

export class Api {
  #root;

  /** @param {string} root "/api/" */
  constructor(root) {
    this.#root = root;
  }

  /**
   * @param {string} slug
   * @param {HistoryQuery} query
   * @returns {Promise<HistoryPage>} Newest first.
   */
  history(slug, query) {
    const asked = Object.entries({ ...query, limit: PAGE_SIZE }).map(([name, value]) => [name, String(value)]);
    return this.#ask("GET", `rooms/${slug}/messages/?${new URLSearchParams(asked)}`);
  }

  /**
   * @param {{ name: string, topic: string, visibility: string }} room
   * @returns {Promise<{ slug: string }>}
   */
  createRoom(room) {
    return this.#ask("POST", "rooms/", { slug: slugOf(room.name), ...room });
  }

  /**
   * @param {string} slug
   * @param {{ name: string, topic: string, archived: boolean }} changes
   */
  changeRoom(slug, changes) {
    return this.#ask("PATCH", `rooms/${slug}/`, changes);
  }

  /**
   * @param {string} slug
   * @param {string} username
   */
  invite(slug, username) {
    return this.#ask("POST", `rooms/${slug}/members/`, { username });
  }

  /** @param {string} slug */
  join(slug) {
    return this.#ask("POST", `rooms/${slug}/join/`, {});
  }

  /** @param {string} slug */
  leave(slug) {
    return this.#ask("POST", `rooms/${slug}/leave/`, {});
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   * @returns {Promise<any>}
   */
  async #ask(method, path, body) {
    const response = await fetch(this.#root + path, {
      method,
      headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    }).catch((cause) => {
      throw new ApiError(0, gettext("The server could not be reached."), { cause });
    });
    if (!response.ok) throw refusal(response, await response.json().catch(() => ({})));
    return response.status === 204 ? null : response.json();
  }
}

/**
 * @param {Response} response
 * @param {any} answer `{"detail": …}`, or a list of sentences for each field.
 */
function refusal(response, answer) {
  if (response.status === 429) {
    const wait = Number(response.headers.get("Retry-After")) || 1;
    return new ApiError(429, fill(gettext("That was too often. Try again in %(seconds)s s."), { seconds: wait }));
  }
  /** @type {{ [field: string]: string }} */
  const fields = {};
  for (const [field, told] of Object.entries(answer)) {
    if (Array.isArray(told)) fields[field] = told.join(" ");
  }
  const message = answer.message ?? answer.detail ?? fields.non_field_errors ?? gettext("The server refused it.");
  return new ApiError(response.status, String(message), fields);
}

/** Every page with a form has the token in it; the cookie of that name may be out of reach. */
function csrfToken() {
  const input = document.querySelector("input[name=csrfmiddlewaretoken]");
  return input instanceof HTMLInputElement ? input.value : "";
}
