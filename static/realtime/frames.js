/**
 * Text to frames and back. Knows the shape of frames, not what they are for.
 */

/** @import { ClientFrame, ServerFrame } from "./types.d.ts" */

const encoder = new TextEncoder();

/** What must be there, and of which type, before a frame is believed. */
/** @type {Readonly<Record<string, Readonly<Record<string, string>>>>} */
const REQUIRED = Object.freeze({
  hello: { v: "number", connection: "string", heartbeat_s: "number", limits: "object" },
  reply: { id: "number" },
  error: { code: "string", message: "string", retryable: "boolean" },
  event: { topic: "string", event: "string" },
  unsubscribed: { topic: "string", code: "string", message: "string" },
  pong: {},
});

/**
 * @param {ClientFrame} frame
 * @returns {string}
 */
export function encode(frame) {
  return JSON.stringify(frame);
}

/**
 * @param {unknown} text What a WebSocket message carried.
 * @returns {ServerFrame | null} null for what this client does not understand: a later
 *   server may say more than we know, and nothing it says may break the page.
 */
export function decode(text) {
  const frame = parse(text);
  if (frame === null || typeof frame !== "object" || !Object.hasOwn(REQUIRED, frame.op)) return null;
  const fields = Object.entries(REQUIRED[frame.op]);
  const fits = fields.every(([name, type]) => frame[name] !== null && typeof frame[name] === type);
  return fits ? frame : null;
}

/**
 * @param {string} text
 * @returns {number} Its length on the wire, which is what `limits.frame_bytes` counts.
 */
export function byteLength(text) {
  return encoder.encode(text).length;
}

/**
 * @param {unknown} text
 * @returns {any}
 */
function parse(text) {
  if (typeof text !== "string") return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
