/**
 * The server's side of chat rooms, by the letter of docs/reference/protocol.md and in memory:
 * one log per room, idempotency keys, recovery by seq. It can lose things on the way.
 */

/** @import { Message } from "../../../static/realtime/types.d.ts" */
/** @import { FakeSocket } from "./socket.js" */

const PUBLIC = /** @type {const} */ ("public");

export class FakeRoom {
  epoch = "e1";
  /** What was posted, in order; each as it now is. @type {Message[]} */
  messages = [];
  seq = 0;
  /** @type {Map<string, any>} */
  #replies = new Map();
  /** @type {Set<FakeSocket>} */
  #members = new Set();
  /** Says for each message frame whether it gets lost. */
  lost = () => false;
  /** Recovery answers with a snapshot if more changes than this are missing. */
  recoverable = 500;

  /** @param {string} topic */
  constructor(topic) {
    this.topic = topic;
  }

  /** @param {FakeSocket} socket */
  leave(socket) {
    this.#members.delete(socket);
  }

  /**
   * @param {string} text
   * @param {string} [key]
   * @param {number} [author]
   */
  post(text, key = crypto.randomUUID(), author = 8) {
    const seq = this.seq + 1;
    const message = {
      id: 1000 + seq,
      seq,
      posted_seq: seq,
      post_no: this.messages.length + 1,
      author: { id: author, name: `user ${author}` },
      text,
      created_at: "2030-01-01T00:00:00.000Z",
      edited_at: null,
      deleted_at: null,
      key,
    };
    this.messages.push(message);
    this.#publish(message);
    return message;
  }

  /**
   * @param {number} index
   * @param {string | null} text null deletes.
   */
  change(index, text) {
    const at = "2030-01-01T00:00:01.000Z";
    const marks = text === null ? { deleted_at: at } : { edited_at: at };
    const message = { ...this.messages[index], ...marks, text, seq: this.seq + 1 };
    this.messages[index] = message;
    this.#publish(message);
    return message;
  }

  /**
   * @param {FakeSocket} socket
   * @param {any} frame Of op subscribe.
   */
  subscribe(socket, { id, since }) {
    this.#members.add(socket);
    const missed = since === undefined ? [] : this.#after(since.seq);
    const known = since?.epoch === this.epoch && since.seq <= this.seq && missed.length <= this.recoverable;
    const { epoch, seq } = this;
    const told = known
      ? { recovered: true, snapshot: null, events: missed.map((data) => ({ event: "message", data, seq: data.seq })) }
      : { recovered: false, snapshot: this.snapshot(), events: [] };
    socket.receive({ op: "reply", id, data: { epoch, seq, ...told } });
  }

  /**
   * @param {any} frame Of op send, with a key.
   * @param {number} author
   * @returns {any} The reply's data.
   */
  accept({ key, data }, author) {
    const known = this.#replies.get(key);
    if (known !== undefined) return { ...known, duplicate: true };
    const { id, seq, created_at } = this.post(data.text, key, author);
    this.#replies.set(key, { id, seq, created_at, duplicate: false });
    return this.#replies.get(key);
  }

  /** @param {number} [limit] */
  snapshot(limit = 50) {
    const messages = this.messages.slice(-limit);
    const settings = { slug: "a", name: "A", topic: "", archived: false, read_only: false, slow_mode_s: 0, members: 2 };
    const room = { ...settings, visibility: PUBLIC, last_seq: this.seq, last_no: this.messages.length };
    const me = { role: "member", muted_until: null, last_read_no: 0 };
    return { room, messages, has_more: messages.length < this.messages.length, me };
  }

  /** @param {number} seq */
  #after(seq) {
    return this.messages.filter((message) => message.seq > seq).sort((a, b) => a.seq - b.seq);
  }

  /** @param {Message} message */
  #publish(message) {
    this.seq = message.seq;
    const frame = { op: "event", topic: this.topic, event: "message", data: message, seq: message.seq };
    for (const member of this.#members) if (!this.lost()) member.receive(frame);
  }
}
