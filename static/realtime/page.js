/**
 * What the client asks the page around it: is there a network, and when is it
 * worth looking again. Outside a page (a worker, Node) there is always a network.
 */

/** @import { Page, WakeKind } from "./types.d.ts" */

/** @type {Page} */
export const browserPage = Object.freeze({
  // `false` is reliable enough to name the state; `true` promises nothing.
  online: () => globalThis.navigator?.onLine !== false,
  listen,
});

/**
 * @param {(kind: WakeKind) => void} wake
 * @returns {() => void} Takes every listener away again.
 */
function listen(wake) {
  if (typeof window === "undefined") return () => undefined;
  const removers = [
    on(window, "online", () => wake("online")),
    on(window, "offline", () => wake("offline")),
    // Back from the back/forward cache: the browser closed the socket without telling anybody.
    on(window, "pageshow", (event) => /** @type {PageTransitionEvent} */ (event).persisted && wake("visible")),
    on(document, "visibilitychange", () => document.visibilityState === "visible" && wake("visible")),
  ];
  return () => removers.forEach((remove) => remove());
}

/**
 * @param {EventTarget} target
 * @param {string} type
 * @param {(event: Event) => void} listener
 * @returns {() => void}
 */
function on(target, type, listener) {
  target.addEventListener(type, listener);
  return () => target.removeEventListener(type, listener);
}
