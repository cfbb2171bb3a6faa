/** What a client is made with: the page's wishes, and the browser's own parts for all it did not name. */

import { systemClock } from "./clock.js";
import { json } from "./frames.js";
import { openStore } from "./outbox-store.js";
import { browserPage } from "./page.js";

/** @import { Channel, ClientOptions } from "./types.d.ts" */

/** @param {ClientOptions} options */
export function completed(options) {
  return {
    url: absolute(options.url),
    userId: String(options.userId),
    getToken: options.getToken ?? null,
    encoding: options.encoding ?? json,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    page: options.page ?? browserPage,
    WebSocket: options.WebSocket ?? globalThis.WebSocket,
    openStore: storeOpener(options.store),
    locks: options.locks === undefined ? (globalThis.navigator?.locks ?? null) : options.locks,
    channel: options.channel === undefined ? broadcast() : options.channel,
  };
}

/** @param {ClientOptions["store"]} store */
function storeOpener(store) {
  if (store === undefined) return () => openStore();
  return store === null ? null : () => Promise.resolve(store);
}

/** @returns {((name: string) => Channel) | null} */
function broadcast() {
  if (typeof BroadcastChannel === "undefined") return null;
  return (name) => new BroadcastChannel(name);
}

/**
 * @param {string} url A path, or any of http, https, ws, wss.
 * @returns {string} What every browser's WebSocket takes; older ones take nothing but ws and wss.
 */
function absolute(url) {
  return new URL(url, globalThis.location?.href).href.replace(/^http/, "ws");
}
