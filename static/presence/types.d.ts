/**
 * The shapes of presence, for `tsc --checkJs` and for readers. Nothing here runs.
 * Wire names are those of docs/reference/protocol.md, "presence/<room>".
 */

export type Status = "online" | "away" | "dnd";

/** What somebody chose for all their devices. */
export type Choice = "auto" | "dnd" | "invisible";

export interface Person {
  id: number;
  name: string;
  status: Status;
}

export interface Roster {
  /** How many are in the room, listed or not. */
  count: number;
  /** By id; null where the room is too large to be listed. */
  users: ReadonlyMap<number, Person> | null;
}
