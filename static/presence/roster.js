/**
 * Who is in a room, kept by merging what is told: the same pure function as
 * presence/roster.py, held to the same cases (tests/wire/presence.json).
 */

/** @import { Person, Roster } from "./types.d.ts" */

/**
 * @param {Roster | null} roster
 * @param {string} event `snapshot` or `diff`.
 * @param {any} data
 * @returns {Roster} A new one; a diff twice, or of who is gone already, changes nothing.
 */
export function merge(roster, event, data) {
  if (event === "snapshot" || roster === null) {
    const listed = event === "snapshot" ? data.users : null;
    return { count: data.count, users: listed === null ? null : byId(listed) };
  }
  if (roster.users === null || data.users === undefined) return { count: data.count, users: null };
  const users = new Map(roster.users);
  for (const id of data.left) users.delete(id);
  for (const user of data.users) users.set(user.id, user);
  return { count: data.count, users };
}

/** @param {Person[]} users */
function byId(users) {
  return new Map(users.map((user) => [user.id, user]));
}
