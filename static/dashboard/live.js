/**
 * What keeps a board live: its topic on the socket, and the history beside it by HTTP.
 */

import { ApiError } from "../chat/api-error.js";

/** @import { Api } from "../chat/api.js" */
/** @import { Client, Clock, TimerId } from "../realtime/types.d.ts" */
/** @import { Board } from "./board.js" */
/** @import { Timeline } from "./timeline.js" */
/** @import { Arrangement, History, Minutes } from "./types.d.ts" */

const RETRY_FIRST_MS = 2_000;
const RETRY_MAX_MS = 30_000;

/**
 * @param {Client} client
 * @param {string} name Of the source.
 * @param {object} heard
 * @param {(snapshot: any) => void} heard.snapshot
 * @param {(diff: any) => void} heard.diff
 * @param {(message: string) => void} heard.ended It may not be seen any more.
 */
export function follow(client, name, { snapshot, diff, ended }) {
  const topic = client.subscribe(`dashboard/${name}`);
  topic.addEventListener("snapshot", ({ detail }) => snapshot(detail.snapshot));
  topic.addEventListener("event", ({ detail }) => {
    if (detail.event === "diff") diff(detail.data);
  });
  topic.addEventListener("unsubscribed", ({ detail }) => ended(detail.message));
  topic.addEventListener("error", ({ detail }) => {
    if (detail.final) ended(detail.error.message);
  });
  return topic;
}

/** Reads the history of the range that is shown; what fails is tried again by itself. */
export class HistoryLoader {
  #api;
  #timeline;
  #name;
  #changed;
  /** The last one asked for: an earlier one that comes later is not taken. */
  #asked = 0;
  /** @type {TimerId} */
  #timer = null;
  #clock;
  failed = false;

  /**
   * @param {Api} api
   * @param {Board} board
   * @param {Timeline} timeline
   * @param {Clock} clock
   * @param {() => void} changed
   */
  constructor(api, board, timeline, clock, changed) {
    this.#api = api;
    this.#timeline = timeline;
    this.#clock = clock;
    this.#name = board.live.name;
    this.#changed = changed;
  }

  /**
   * @param {Minutes} minutes
   * @param {number} [retryMs]
   */
  async load(minutes, retryMs = RETRY_FIRST_MS) {
    this.#asked += 1;
    const mine = this.#asked;
    this.#clock.clearTimeout(this.#timer);
    try {
      const history = await this.#history(minutes);
      if (mine !== this.#asked) return;
      this.#timeline.load(history, minutes);
      this.failed = false;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (mine !== this.#asked) return;
      this.failed = true;
      this.#timer = this.#clock.setTimeout(() => void this.load(minutes, Math.min(2 * retryMs, RETRY_MAX_MS)), retryMs);
    }
    this.#changed();
  }

  /**
   * @param {Minutes} minutes
   * @returns {Promise<History>}
   */
  #history(minutes) {
    return this.#api.ask("GET", `dashboard/${this.#name}/history/?minutes=${minutes}`);
  }
}

/**
 * @param {Api} api
 * @param {string} name
 * @param {Arrangement} arrangement
 */
export function keepArrangement(api, name, arrangement) {
  return api.ask("PUT", `dashboard/${name}/arrangement/`, arrangement);
}
