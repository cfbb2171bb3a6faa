/**
 * The user's own rooms as a merge of what `user/me` tells. Pure: a list is never
 * changed, a new one is made.
 */

/** @import { RoomItem } from "./types.d.ts" */

/**
 * @param {readonly RoomItem[]} items
 * @param {{ event: string, data: any }} told
 * @returns {readonly RoomItem[]}
 */
export function applyToItems(items, { event, data }) {
  switch (event) {
    case "snapshot":
      return data.rooms;
    case "room_added":
      return [...items.filter(({ slug }) => slug !== data.slug), data];
    case "room_removed":
      return items.filter(({ slug }) => slug !== data.slug);
    case "room_changed":
      return changed(items, data.slug, (item) => ({ ...item, ...known(data), last_no: Math.max(item.last_no, data.last_no) }));
    case "room_read":
      return changed(items, data.slug, (item) => readUpTo(item, data.last_read_no));
    default:
      return items;
  }
}

/**
 * @param {readonly RoomItem[]} items
 * @param {string} slug
 * @param {number} no Everything up to this post_no is read.
 */
export function applyReadToItems(items, slug, no) {
  return changed(items, slug, (item) => readUpTo(item, no));
}

/** @param {RoomItem} item */
export function unreadOf({ last_no: lastNo, last_read_no: lastReadNo }) {
  return Math.max(0, lastNo - lastReadNo);
}

/** @param {readonly RoomItem[]} items */
export function unreadOfAll(items) {
  return items.reduce((sum, item) => sum + unreadOf(item), 0);
}

/**
 * @param {number} count
 * @returns {string} One that fits where there is little room.
 */
export function shortCount(count) {
  return count > 99 ? "99+" : String(count);
}

/**
 * Unread rooms first, then the liveliest; archived ones last.
 *
 * @param {readonly RoomItem[]} items
 * @returns {RoomItem[]}
 */
export function inOrder(items) {
  return [...items].sort(
    (a, b) =>
      Number(a.archived) - Number(b.archived) ||
      Number(unreadOf(b) > 0) - Number(unreadOf(a) > 0) ||
      (b.last_at ?? "").localeCompare(a.last_at ?? "") ||
      a.name.localeCompare(b.name),
  );
}

/**
 * @param {{ name: string, topic: string }} item
 * @param {string} query
 * @returns {boolean} Whether every word of the query is in the name or the topic.
 */
export function matches({ name, topic }, query) {
  const text = `${name} ${topic}`.toLocaleLowerCase();
  return query.toLocaleLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/**
 * @param {readonly RoomItem[]} items
 * @param {string} slug
 * @param {(item: RoomItem) => RoomItem} change
 * @returns {readonly RoomItem[]}
 */
function changed(items, slug, change) {
  return items.map((item) => (item.slug === slug ? change(item) : item));
}

/**
 * @param {RoomItem} item
 * @param {number} no
 * @returns {RoomItem}
 */
function readUpTo(item, no) {
  return { ...item, last_read_no: Math.max(item.last_read_no, no) };
}

/**
 * What the event tells, without the fields it leaves out.
 *
 * @param {{ [field: string]: any }} data
 */
function known(data) {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined));
}
