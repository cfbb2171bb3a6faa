/**
 * The shapes of the browser client, for `tsc --checkJs` and for readers.
 *
 * Nothing here runs. Wire names are those of docs/reference/protocol.md; what
 * has no wire name (`retryAt`, `createdAt`) is local and written in camelCase.
 */

// ---- values -----------------------------------------------------------------

export type Json = null | boolean | number | string | Json[] | { [field: string]: Json };
export type JsonObject = { [field: string]: any };

export interface User {
  id: number;
  name: string;
}

/** Where a subscriber stands in a durable topic. */
export interface Position {
  epoch: string;
  seq: number;
}

// ---- frames -----------------------------------------------------------------

export type ClientFrame =
  | { op: "auth"; id: number; token: string }
  | { op: "subscribe"; id: number; topic: string; since?: Position; params?: JsonObject }
  | { op: "unsubscribe"; id: number; topic: string }
  | { op: "send"; id?: number; topic: string; event: string; data: unknown; key?: string }
  | { op: "ping" };

/** A frame that will be answered, before it got its id. */
export type Request =
  | { op: "auth"; token: string }
  | { op: "subscribe"; topic: string; since?: Position; params?: JsonObject }
  | { op: "unsubscribe"; topic: string }
  | { op: "send"; topic: string; event: string; data: unknown; key?: string };

export interface Hello {
  op: "hello";
  v: number;
  connection: string;
  user: User | null;
  auth_within_s?: number;
  heartbeat_s: number;
  limits: { frame_bytes: number; topics: number; requests_per_s: number };
}

export interface Reply {
  op: "reply";
  id: number;
  data: any;
}

export interface ErrorFrame {
  op: "error";
  id?: number;
  code: string;
  message: string;
  retryable: boolean;
  retry_after_s?: number;
  field?: string;
}

export interface EventFrame {
  op: "event";
  topic: string;
  event: string;
  data: any;
  seq?: number;
  prev?: number;
}

export interface UnsubscribedFrame {
  op: "unsubscribed";
  topic: string;
  code: string;
  message: string;
}

export type ServerFrame = Hello | Reply | ErrorFrame | EventFrame | UnsubscribedFrame | { op: "pong" };

/** `reply.data` of a subscribe; topics without a log carry the snapshot alone. */
export interface Subscribed {
  snapshot: any;
  epoch?: string;
  seq?: number;
  recovered?: boolean;
  events?: { event: string; data: any; seq: number }[];
}

/** An encoded frame: what goes into one WebSocket message. */
export type Encoded = string | Uint8Array<ArrayBuffer>;

/** json of frames.js, msgpack of msgpack.js. */
export interface Encoding {
  readonly subprotocol: string;
  encode(value: unknown): Encoded;
  /** What a WebSocket message carried. May throw. */
  decode(data: unknown): any;
  /** Its length on the wire, which is what `limits.frame_bytes` counts. */
  byteLength(message: Encoded): number;
}

// ---- the connection ---------------------------------------------------------

/**
 * idle: not started, or stopped. connecting: up to the end of authentication.
 * waiting: between attempts. offline: the same, and the browser says it has no
 * network. closed: the server said not to come back; `start()` begins again.
 */
export type ConnectionState = "idle" | "connecting" | "connected" | "waiting" | "offline" | "closed";

/**
 * started, stopped: by the page. retry: the wait is over. online, visible,
 * asked: woken before that. ready: greeted and authenticated. lost: the socket
 * ended (see `code`). no_hello, heartbeat_missed, slept, protocol: given up by
 * the client. no_token: getToken failed. auth_failed: the token was refused.
 * auth_missing: no session and no getToken. user_changed: the server knows us
 * as somebody else. refused: a close code that says not to come back.
 * network: the browser lost its network while waiting. bad_url: cannot even try.
 */
export type StateReason =
  | "started" | "stopped" | "retry" | "online" | "visible" | "asked" | "ready" | "lost" | "no_hello"
  | "heartbeat_missed" | "slept" | "protocol" | "no_token" | "auth_failed" | "auth_missing"
  | "user_changed" | "refused" | "network" | "bad_url";

export interface StateDetail {
  state: ConnectionState;
  previous: ConnectionState;
  reason: StateReason;
  /** When the next attempt is due (ms since 1970), in `waiting` and `offline`; else null. */
  retryAt: number | null;
  /** The WebSocket close code, if a close led here; else null. Names: `CloseCode` in codes.js. */
  code: number | null;
}

export interface ClientOptions {
  /** `wss://host/ws/`, or a path such as `/ws/` on the page's own host. */
  url: string;
  /** Whose outbox this is. The connection must turn out to be this user's. */
  userId: number | string;
  /** Only without a session cookie. `fresh`: a kept token will not do, it was refused or is about to expire. */
  getToken?: GetToken;
  /** What frames travel in, if the server knows it. Default: JSON. */
  encoding?: Encoding;
  clock?: Clock;
  /** 0 ≤ n < 1, for jitter. */
  random?: () => number;
  WebSocket?: SocketConstructor;
  page?: Page;
  /** Where the outbox is kept; null keeps it in memory. Default: IndexedDB. */
  store?: OutboxStore | null;
  /** Default: navigator.locks. Null keeps the outbox in memory. */
  locks?: LockManager | null;
  /** Default: BroadcastChannel. */
  channel?: ((name: string) => Channel) | null;
}

export type GetToken = (why: { fresh: boolean }) => string | Promise<string>;

export interface ClientEvents {
  state: StateDetail;
  /** Every greeting: the connection's id and limits. */
  hello: Hello;
}

/** What client.js exports as `RealtimeClient`. */
export interface Client extends Target<ClientEvents> {
  readonly state: ConnectionState;
  /** The last "state" event's detail. */
  readonly status: StateDetail;
  readonly user: User | null;
  readonly outbox: Outbox;
  start(): void;
  stop(): void;
  /** "Try now": ends a wait at once, whatever ordered it. */
  retryNow(): void;
  subscribe(topic: string, options?: { params?: JsonObject }): Subscription;
  /** Fire and forget; false if it was dropped because there is no connection. */
  send(topic: string, event: string, data: unknown): boolean;
  /** Rejects with RealtimeError; `disconnected` and `timeout` leave the outcome unknown. */
  request(topic: string, event: string, data: unknown): Promise<any>;
  /** Kept until the server has it. */
  post(topic: string, event: string, data: unknown): Entry;
}

// ---- subscriptions ----------------------------------------------------------

/** waiting: for the connection, or to try again. failed: see `error`; `retry()` tries again. */
export type SubscriptionState = "waiting" | "subscribing" | "live" | "failed" | "closed";

export interface SubscriptionEvents {
  /** Replaces everything held of the topic. seq and epoch are null on topics without a log. */
  snapshot: { snapshot: any; seq: number | null; epoch: string | null };
  /** seq is null for what has no place in a log (typing). */
  event: { event: string; data: any; seq: number | null };
  /** After the events that were missed; count is how many there were. */
  recovered: { count: number };
  /** The server ended it: kicked, banned, removed, gone. State is failed. */
  unsubscribed: { code: string; message: string };
  /** Subscribing was refused. `final` false: it is being tried again. */
  error: { error: ClientError; final: boolean };
  state: { state: SubscriptionState; previous: SubscriptionState };
}

export interface Subscription extends Target<SubscriptionEvents> {
  readonly topic: string;
  readonly state: SubscriptionState;
  readonly error: ClientError | null;
  readonly position: Position | null;
  /** After `failed`: ask again, as after an invitation. */
  retry(): void;
  close(): void;
}

// ---- the outbox -------------------------------------------------------------

/**
 * pending: to be sent. sending: sent, unanswered. failed: refused for good, see
 * `error`. sent: answered; stays visible until its event has arrived.
 */
export type EntryState = "pending" | "sending" | "sent" | "failed";

/** One thing the user wants done. Frozen: every change makes a new object under the same key. */
export interface Entry {
  readonly key: string;
  readonly topic: string;
  readonly event: string;
  readonly data: any;
  readonly state: EntryState;
  readonly error: EntryError | null;
  /** When it is tried again (ms since 1970), after a refusal that passes; else null. */
  readonly retryAt: number | null;
  readonly createdAt: number;
  /** The server's reply, once `sent`. */
  readonly reply: any;
  /** Whether this tab sends it; retry and discard work on other tabs' entries too. */
  readonly mine: boolean;
}

export interface EntryError {
  code: string;
  message: string;
  field: string | null;
}

export interface OutboxEvents {
  /** Something is different; entry is the changed one, or the last state of a removed one. */
  change: { entry: Entry | null; removed: boolean };
  /** The server has it. A reply is absent if its event told us first. */
  settled: { entry: Entry; reply: any };
}

export interface Outbox extends Target<OutboxEvents> {
  /** False: entries live in this tab's memory only and a reload loses them. */
  readonly durable: boolean;
  /** How many are pending or sending, in every tab of this user. */
  readonly waiting: number;
  /** In the order written. Without a topic: of all. */
  entries(topic?: string): Entry[];
  get(key: string): Entry | null;
  retry(key: string): void;
  /** Forget it. What was already under way may still arrive. */
  discard(key: string): void;
}

/** An entry as stored; `owner` is the tab that sends it. */
export interface OutboxRow {
  key: string;
  user: string;
  owner: string;
  topic: string;
  event: string;
  data: any;
  state: EntryState;
  error: EntryError | null;
  /** Sorts entries as they were written; unique within a tab. */
  order: number;
  createdAt: number;
}

export interface OutboxStore {
  /** Rows of this user, every owner's. */
  load(user: string): Promise<OutboxRow[]>;
  put(row: OutboxRow): Promise<void>;
  remove(key: string): Promise<void>;
  /** In one transaction: give `from`'s rows to `to`. */
  adopt(user: string, from: string, to: string): Promise<Adoption>;
  close(): void;
}

export interface Adoption {
  /** What was given, under its new owner. */
  taken: OutboxRow[];
  /** All other rows of the user. */
  rest: OutboxRow[];
}

// ---- the room's merged state (merge.js) -------------------------------------

export interface Message {
  id: number;
  seq: number;
  posted_seq: number;
  post_no: number;
  author: User;
  text: string | null;
  created_at: string;
  edited_at: string | null;
  deleted_at: string | null;
  key: string | null;
  reply_to?: number | null;
  [field: string]: any;
}

export interface Room {
  slug: string;
  name: string;
  topic: string;
  visibility: "public" | "private";
  archived: boolean;
  read_only: boolean;
  slow_mode_s: number;
  last_seq: number;
  last_no: number;
  members: number;
  [field: string]: any;
}

export interface Me {
  role: string | null;
  muted_until: string | null;
  last_read_no: number;
  [field: string]: any;
}

/** `from` ≤ posted_seq ≤ `to` is held without a hole; `to` Infinity: up to now. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface RoomState {
  readonly room: Room | null;
  /** seq as of which `room` is known. */
  readonly roomSeq: number;
  readonly me: Me | null;
  /** Highest seq seen. */
  readonly seq: number;
  /** Highest post_no known of. */
  readonly lastNo: number;
  /** Sorted by posted_seq. May hold single messages outside the spans: show `latest()` or `around()`. */
  readonly messages: readonly Message[];
  /** Ascending and apart. */
  readonly spans: readonly Span[];
}

export interface ChatSnapshot {
  room: Room;
  messages: Message[];
  has_more: boolean;
  me: Me | null;
}

/** What GET /api/rooms/<slug>/messages/ answers: newest first. */
export interface HistoryPage {
  results: Message[];
  has_more: boolean;
}

export interface HistoryQuery {
  before?: number;
  after?: number;
  around?: number;
}

// ---- what tests replace -----------------------------------------------------

export type TimerId = unknown;

export interface Clock {
  /** Wall clock, ms since 1970. It may jump: laptops sleep. */
  now(): number;
  setTimeout(callback: () => void, ms: number): TimerId;
  clearTimeout(id: TimerId): void;
}

export type WakeKind = "online" | "offline" | "visible";

/** What the client asks the page it lives in. */
export interface Page {
  online(): boolean;
  /** Calls back until the returned function is called. */
  listen(wake: (kind: WakeKind) => void): () => void;
}

export interface Socket extends EventTarget {
  readonly readyState: number;
  /** The subprotocol the server chose. */
  readonly protocol?: string;
  binaryType?: BinaryType;
  send(message: Encoded): void;
  close(code?: number, reason?: string): void;
}

export type SocketConstructor = new (url: string, protocols?: string | string[]) => Socket;

/** The part of BroadcastChannel that is used. */
export interface Channel extends EventTarget {
  postMessage(message: unknown): void;
  close(): void;
}

// ---- plumbing ---------------------------------------------------------------

/** RealtimeError of errors.js. */
export interface ClientError extends Error {
  readonly code: string;
  readonly retryable: boolean;
  readonly retryAfterS: number | null;
  readonly field: string | null;
}

/** An EventTarget whose events are CustomEvents with known details. */
export interface Target<Events> extends EventTarget {
  addEventListener<Name extends keyof Events & string>(
    type: Name,
    listener: (event: CustomEvent<Events[Name]>) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Name extends keyof Events & string>(
    type: Name,
    listener: (event: CustomEvent<Events[Name]>) => void,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;
}
