/**
 * Messages to frames and back. Knows the shape of frames, not what they are for.
 */

/** @import { Encoding, ServerFrame } from "./types.d.ts" */

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

/** The encoding every server knows. msgpack.js has the other one. @type {Encoding} */
export const json = Object.freeze({
  subprotocol: "chorus.v1.json",
  encode: (/** @type {unknown} */ value) => JSON.stringify(value),
  decode: (/** @type {unknown} */ data) => (typeof data === "string" ? JSON.parse(data) : null),
  // What `limits.frame_bytes` counts is UTF-8.
  byteLength: (/** @type {any} */ text) => encoder.encode(text).length,
});

/**
 * @param {unknown} data What a WebSocket message carried.
 * @param {Encoding} [encoding]
 * @returns {ServerFrame | null} null for what this client does not understand: a later
 *   server may say more than we know, and nothing it says may break the page.
 */
export function decode(data, encoding = json) {
  const frame = parse(data, encoding);
  if (frame === null || typeof frame !== "object" || !Object.hasOwn(REQUIRED, frame.op)) return null;
  const fields = Object.entries(REQUIRED[frame.op]);
  const fits = fields.every(([name, type]) => frame[name] !== null && typeof frame[name] === type);
  return fits ? frame : null;
}

/**
 * @param {unknown} data
 * @param {Encoding} encoding
 * @returns {any}
 */
function parse(data, encoding) {
  try {
    return encoding.decode(data);
  } catch {
    return null;
  }
}
