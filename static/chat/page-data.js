/**
 * What the server gave the page beside its HTML, and the viewer's zone, which the
 * server asks for in a cookie so that the next first paint shows the right times.
 */

import { findAs } from "./dom.js";

/** @import { PageData } from "./types.d.ts" */

const YEAR_S = 365 * 24 * 3600;

/** @returns {PageData} */
export function readPageData() {
  return JSON.parse(/** @type {string} */ (findAs(document, "#page-data", HTMLScriptElement).textContent));
}

export function rememberZone() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `timezone=${zone}; Path=/; SameSite=Lax; Max-Age=${YEAR_S}${secure}`;
}
