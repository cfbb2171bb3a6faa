/**
 * The shapes the pages share, for `tsc --checkJs` and for readers. Nothing here runs.
 * What comes over the wire keeps its wire names; see docs/reference/protocol.md.
 */

import type { Entry, EntryError, Me, Message, Room, User } from "../realtime/types.d.ts";

/** A room in the user's own list, as `user/me` tells it. */
export interface RoomItem {
  slug: string;
  name: string;
  topic: string;
  visibility: "public" | "private";
  archived: boolean;
  last_no: number;
  last_read_no: number;
  /** ISO time of the last change people should hear of; null in a room nobody has written in. */
  last_at: string | null;
  [field: string]: any;
}

/** What every page is given by the server, as JSON in its HTML. */
export interface PageData {
  user: User;
  rooms: RoomItem[];
  /** Where the socket is, and where the API starts. */
  socket: string;
  api: string;
  /** Address of a room, with `SLUG` where its slug goes. */
  room_url: string;
  rooms_url: string;
  room: RoomSeed | null;
}

/** A room's first paint as data: the snapshot of its topic, or a page around a message. */
export interface RoomSeed {
  room: Room;
  me: Me;
  epoch: string;
  seq: number;
  /** Oldest first. */
  messages: Message[];
  has_more: boolean;
  /** Whether there are newer messages than these: true only around a linked message. */
  has_newer: boolean;
  /** The message the page was opened for. */
  message: number | null;
}

/** What a message in the list is shown as. */
export type MessageStatus = "kept" | "sending" | "failed" | "deleted";

/** A message, or what is to become one. */
export interface MessageRow {
  kind: "message";
  key: string;
  /** null: not acknowledged yet. */
  id: number | null;
  /** 0 until acknowledged. */
  seq: number;
  author: User;
  createdAt: string;
  text: string | null;
  edited: boolean;
  status: MessageStatus;
  /** Continues the author of the row above. */
  compact: boolean;
  own: boolean;
  /** The post, edit or delete that is under way or failed. */
  entry: Entry | null;
  error: EntryError | null;
}

export interface DayRow {
  kind: "day";
  key: string;
  /** Any moment of the day, ms since 1970. */
  at: number;
}

export interface NewRow {
  kind: "new";
  key: "new";
}

export type Row = MessageRow | DayRow | NewRow;
