/**
 * The people of a room in the order the panel shows them. Pure: members, who is here,
 * and when the others were last seen in, groups out.
 */

import { gettext } from "./i18n.js";

/** @import { Choice, Person, Status } from "../presence/types.d.ts" */

/**
 * @typedef {object} Member
 * @property {number} id
 * @property {string} name
 * @property {string} role
 */

/** @typedef {Status | "offline" | "invisible"} Shown "invisible": oneself, whom nobody else sees. */

/** @typedef {{ id: number, name: string, choice: Choice | null }} Me */

/**
 * @typedef {object} PersonRow
 * @property {number} id
 * @property {string} name
 * @property {Shown} status
 * @property {string | null} role null: here without belonging to the room.
 * @property {boolean} isMe
 * @property {number | null} seenAt ms since 1970, of who is offline and known.
 */

/** @typedef {{ name: "online" | "away" | "offline", rows: PersonRow[] }} Group */

/**
 * @param {readonly Member[]} members
 * @param {ReadonlyMap<number, Person>} here
 * @param {ReadonlyMap<number, number>} seen When users were last seen.
 * @param {Me} me Who looks is here, whatever others are told.
 * @returns {Group[]} Always all three. Who does not want to be disturbed is online.
 */
export function groupsOf(members, here, seen, me) {
  /** @type {(id: number, name: string, role: string | null) => PersonRow} */
  const row = (id, name, role) => {
    const status = statusOf(id, here, me);
    return {
      id,
      name: here.get(id)?.name ?? name,
      role,
      isMe: id === me.id,
      status,
      seenAt: status === "offline" ? (seen.get(id) ?? null) : null,
    };
  };
  const rows = members.map(({ id, name, role }) => row(id, name, role));
  const known = new Set(members.map(({ id }) => id));
  for (const { id, name } of [...here.values(), ...(here.has(me.id) ? [] : [me])]) {
    if (!known.has(id)) rows.push(row(id, name, null));
  }
  rows.sort((one, other) => one.name.localeCompare(other.name) || one.id - other.id);
  const of = (/** @type {Shown[]} */ ...statuses) => rows.filter(({ status }) => statuses.includes(status));
  return [
    { name: "online", rows: of("online", "dnd", "invisible") },
    { name: "away", rows: of("away") },
    { name: "offline", rows: of("offline") },
  ];
}

/** @param {Shown} status */
export function statusWord(status) {
  if (status === "online") return gettext("online");
  if (status === "away") return gettext("away");
  if (status === "dnd") return gettext("do not disturb");
  return status === "invisible" ? gettext("invisible") : gettext("offline");
}

/**
 * @param {number} id
 * @param {ReadonlyMap<number, Person>} here
 * @param {Me} me
 * @returns {Shown}
 */
function statusOf(id, here, me) {
  if (id === me.id && me.choice === "invisible") return "invisible";
  return here.get(id)?.status ?? (id === me.id ? "online" : "offline");
}
