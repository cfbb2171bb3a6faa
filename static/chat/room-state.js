/**
 * Where what is known of a room begins: the page the server wrote, and a snapshot that
 * tells nothing new. Pure; how it goes on from there is realtime/merge.js.
 */

import { EMPTY, applyHistory, applySnapshot, messagesIn } from "../realtime/merge.js";

/** @import { RoomState } from "../realtime/types.d.ts" */
/** @import { RoomSeed } from "./types.d.ts" */

/**
 * @param {RoomSeed} seed
 * @returns {RoomState}
 */
export function planted({ room, me, seq, messages, has_more: hasMore, has_newer: hasNewer, message }) {
  if (!hasNewer) return applySnapshot({ snapshot: { room, me, messages, has_more: hasMore }, seq });
  const start = { ...EMPTY, room, me, seq, roomSeq: seq, lastNo: room.last_no };
  return applyHistory(start, { results: [...messages].reverse(), has_more: hasMore }, { around: message ?? 0 });
}

/**
 * A snapshot of the very state we are in: what was loaded besides it still holds.
 *
 * @param {RoomState} held
 * @param {RoomState} fresh
 * @returns {RoomState}
 */
export function carried(held, fresh) {
  return held.spans.reduce((state, span) => {
    const results = [...messagesIn(held, span)].reverse();
    const query = span.from === 0 && results.length > 0 ? { before: results[0].posted_seq + 1 } : { around: 0 };
    return applyHistory(state, { results, has_more: false }, query);
  }, fresh);
}
