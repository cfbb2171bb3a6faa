/** WebSockets whose other end is the test. */

import { json } from "../../../static/realtime/frames.js";

/** @import { Encoded, Encoding, Hello, SocketConstructor } from "../../../static/realtime/types.d.ts" */

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 3;

export class FakeSocket extends EventTarget {
  readyState = CONNECTING;
  /** What the server chose, once open. */
  protocol = "";
  /** @type {BinaryType} */
  binaryType = "blob";
  /** How the server speaks. @type {Encoding} */
  encoding = json;
  /** Frames the client sent, oldest first. @type {any[]} */
  sent = [];
  /** Called with every frame the client sends. @type {((frame: any) => void) | null} */
  answer = null;
  /** How the client closed it. @type {number | null} */
  closedWith = null;

  /**
   * @param {string} url
   * @param {string | string[]} [protocols]
   */
  constructor(url, protocols) {
    super();
    this.url = url;
    this.protocols = protocols;
  }

  // ---- the client's side --------------------------------------------------------

  /** @param {Encoded} message */
  send(message) {
    if (this.readyState !== OPEN) throw new Error("Not open.");
    const frame = this.encoding.decode(typeof message === "string" ? message : message.buffer);
    this.sent.push(frame);
    this.answer?.(frame);
  }

  /** @param {number} [code] */
  close(code) {
    this.closedWith = code ?? 1005;
    this.readyState = CLOSED;
  }

  // ---- the test's side ----------------------------------------------------------

  /** @param {Encoding} [encoding] What the server takes of those offered. */
  open(encoding = json) {
    this.encoding = encoding;
    this.protocol = encoding.subprotocol;
    this.readyState = OPEN;
    this.dispatchEvent(new Event("open"));
  }

  /** @param {object | string} frame Text goes as it is, and bytes. */
  receive(frame) {
    const isMessage = typeof frame === "string" || frame instanceof ArrayBuffer;
    const message = isMessage ? frame : this.encoding.encode(frame);
    const data = message instanceof Uint8Array ? message.buffer : message;
    this.dispatchEvent(new MessageEvent("message", { data }));
  }

  /**
   * The server, or the network, ends it.
   *
   * @param {number} [code]
   * @param {string} [reason]
   */
  end(code = 1006, reason = "") {
    this.readyState = CLOSED;
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason }));
  }

  /**
   * @param {Partial<Hello>} [fields]
   * @param {Encoding} [encoding]
   */
  greet(fields = {}, encoding = json) {
    this.open(encoding);
    this.receive(hello(fields));
  }

  /**
   * @param {string} op
   * @returns {any} The last frame of this op; fails if there is none.
   */
  last(op) {
    const frame = this.sent.findLast((each) => each.op === op);
    if (frame === undefined) throw new Error(`No ${op} was sent.`);
    return frame;
  }

  /**
   * @param {string} op
   * @returns {any[]}
   */
  all(op) {
    return this.sent.filter((each) => each.op === op);
  }

  /**
   * @param {any} request
   * @param {any} data
   */
  reply(request, data) {
    this.receive({ op: "reply", id: request.id, data });
  }

  /**
   * @param {any} request
   * @param {string} code
   * @param {object} [fields]
   */
  refuse(request, code, fields = {}) {
    this.receive({ op: "error", id: request.id, code, message: `Refused: ${code}.`, retryable: false, ...fields });
  }
}

/** Makes sockets, and keeps them for the test. */
export class FakeNetwork {
  /** @type {FakeSocket[]} */
  sockets = [];
  /** Called with every new socket, once its maker has listened to it. @type {((socket: FakeSocket) => void) | null} */
  opened = null;

  constructor() {
    const network = this;
    /** @type {SocketConstructor} */
    this.WebSocket = class extends FakeSocket {
      /**
       * @param {string} url
       * @param {string | string[]} [protocols]
       */
      constructor(url, protocols) {
        super(url, protocols);
        network.sockets.push(this);
        queueMicrotask(() => network.opened?.(this));
      }
    };
  }

  /** The newest socket. */
  get socket() {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("No socket was opened.");
    return socket;
  }
}

/**
 * @param {Partial<Hello>} [fields]
 * @returns {Hello}
 */
export function hello(fields = {}) {
  return {
    op: "hello",
    v: 1,
    connection: "c1",
    user: { id: 7, name: "ada" },
    heartbeat_s: 25,
    limits: { frame_bytes: 65_536, topics: 100, requests_per_s: 100 },
    ...fields,
  };
}
