/**
 * MessagePack for frames: give it to a client as its encoding.
 *
 *     new RealtimeClient({ url: "/ws/", userId: 7, encoding: msgpack });
 *
 * (No line of a comment may import this file: the hash in its name would be of itself.)
 * Pages that do not import it do not load it. Page: docs/reference/protocol.md, "MessagePack".
 */

import { pack } from "./pack.js";
import { unpack } from "./unpack.js";

/** @import { Encoding } from "./types.d.ts" */

/** @type {Encoding} */
export const msgpack = Object.freeze({
  subprotocol: "chorus.v1.msgpack",
  encode: pack,
  decode: (/** @type {unknown} */ data) => (data instanceof ArrayBuffer ? unpack(new Uint8Array(data)) : null),
  byteLength: (/** @type {any} */ bytes) => bytes.byteLength,
});
