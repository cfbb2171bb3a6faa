/**
 * The HTTP API, for what the socket is not for: history, and the forms of rooms.
 * Cookies say who asks; refusals come out as ApiError with a sentence to show.
 */

import { ApiError } from "./api-error.js";
import { fill, gettext } from "./i18n.js";

/** @import { HistoryPage, HistoryQuery } from "../realtime/types.d.ts" */

/** The server takes up to 200; this fills a screen twice. */
const PAGE_SIZE = 60;
const PATIENCE_MS = 15_000;
const SEEN_AT_ONCE = 200;

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
    return this.ask("GET", `rooms/${slug}/messages/?${new URLSearchParams(asked)}`);
  }

  /**
   * @param {string} search Part of a name or an address.
   * @returns {Promise<{ results: { slug: string }[] }>} Those one may know of.
   */
  rooms(search) {
    return this.ask("GET", `rooms/?${new URLSearchParams({ search })}`);
  }

  /**
   * @param {{ slug: string, name: string, topic: string, visibility: string }} room
   * @returns {Promise<{ slug: string }>}
   */
  createRoom(room) {
    return this.ask("POST", "rooms/", room);
  }

  /**
   * @param {string} slug
   * @param {{ name: string, topic: string, archived: boolean }} changes
   */
  changeRoom(slug, changes) {
    return this.ask("PATCH", `rooms/${slug}/`, changes);
  }

  /**
   * @param {string} slug
   * @param {string} username
   */
  invite(slug, username) {
    return this.ask("POST", `rooms/${slug}/members/`, { username });
  }

  /**
   * @param {string} slug
   * @returns {Promise<{ results: { id: number, name: string, role: string }[] }>}
   */
  members(slug) {
    return this.ask("GET", `rooms/${slug}/members/`);
  }

  /**
   * @param {string} slug
   * @param {number} id Of the message.
   * @param {{ reason: string, note: string }} report
   * @returns {Promise<{ duplicate: boolean }>}
   */
  report(slug, id, report) {
    return this.ask("POST", `rooms/${slug}/messages/${id}/reports/`, report);
  }

  /**
   * @param {number[]} ids Of users; those one may not know of are left out.
   * @returns {Promise<{ id: number, status: string, last_seen_at: string | null }[]>}
   */
  async seen(ids) {
    const parts = [];
    for (let at = 0; at < ids.length; at += SEEN_AT_ONCE) parts.push(ids.slice(at, at + SEEN_AT_ONCE));
    const answers = await Promise.all(parts.map((part) => this.ask("GET", `presence/?users=${part.join(",")}`)));
    return answers.flatMap(({ results }) => results);
  }

  /** @param {string} slug */
  join(slug) {
    return this.ask("POST", `rooms/${slug}/join/`, {});
  }

  /** @param {string} slug */
  leave(slug) {
    return this.ask("POST", `rooms/${slug}/leave/`, {});
  }

  /**
   * Any address of the API: pages that are built on these have some of their own.
   *
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   * @returns {Promise<any>}
   */
  async ask(method, path, body) {
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
 * @param {{ message?: string, field?: string | null }} answer
 */
function refusal(response, { message = gettext("The server refused it."), field = null }) {
  if (response.status === 429) {
    const wait = Number(response.headers.get("Retry-After")) || 1;
    return new ApiError(429, fill(gettext("That was too often. Try again in %(seconds)s s."), { seconds: wait }));
  }
  return new ApiError(response.status, message, { field });
}

/** Every page with a form has the token in it; the cookie of that name may be out of reach. */
function csrfToken() {
  const input = document.querySelector("input[name=csrfmiddlewaretoken]");
  return input instanceof HTMLInputElement ? input.value : "";
}
