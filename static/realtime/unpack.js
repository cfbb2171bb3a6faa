/** Values from MessagePack: those JSON has. What the protocol has no place for (binary, extension types) is an error. */

const utf8 = new TextDecoder("utf-8", { fatal: true });
/** Above it a call of the decoder is quicker than one of ours per character. */
const SHORT = 24;

/**
 * @param {Uint8Array} bytes
 * @returns {any} Throws for what is not exactly one value that JSON has.
 */
export function unpack(bytes) {
  const input = new Reader(bytes);
  const value = read(input);
  if (!input.done) throw new RangeError("Something follows the value.");
  return value;
}

class Reader {
  #bytes;
  #view;
  #at = 0;

  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done() {
    return this.#at === this.#bytes.length;
  }

  /**
   * @param {"getUint8" | "getUint16" | "getUint32" | "getInt8" | "getInt16" | "getInt32" | "getFloat32" | "getFloat64"} as
   * @param {number} width
   * @returns {number}
   */
  number(as, width) {
    const value = this.#view[as](this.#at);
    this.#at += width;
    return value;
  }

  /**
   * @param {"getBigUint64" | "getBigInt64"} as
   * @returns {number} The nearest double, as JSON.parse makes of so many digits.
   */
  big(as) {
    const value = Number(this.#view[as](this.#at));
    this.#at += 8;
    return value;
  }

  /** @param {number} size */
  text(size) {
    const start = this.#at;
    this.#at += size;
    if (this.#at > this.#bytes.length) throw new RangeError("The text is cut short.");
    return (size < SHORT ? ascii(this.#bytes, start, this.#at) : null) ?? utf8.decode(this.#bytes.subarray(start, this.#at));
  }
}

/**
 * @param {Uint8Array} bytes
 * @param {number} start
 * @param {number} end
 * @returns {string | null} null where a byte is not ASCII.
 */
function ascii(bytes, start, end) {
  let text = "";
  for (let at = start; at < end; at += 1) {
    if (bytes[at] > 0x7f) return null;
    text += String.fromCharCode(bytes[at]);
  }
  return text;
}

/**
 * @param {Reader} input
 * @returns {any}
 */
function read(input) {
  const head = input.number("getUint8", 1);
  if (head < 0x80) return head;
  if (head < 0x90) return readMap(input, head - 0x80);
  if (head < 0xa0) return readList(input, head - 0x90);
  if (head < 0xc0) return input.text(head - 0xa0);
  if (head >= 0xe0) return head - 0x100;
  const reader = READERS[head];
  if (reader === undefined) throw new TypeError(`No value of a frame begins with the byte ${head}.`);
  return reader(input);
}

/** @type {Readonly<Record<number, (input: Reader) => any>>} */
const READERS = Object.freeze({
  0xc0: () => null,
  0xc2: () => false,
  0xc3: () => true,
  0xca: (input) => input.number("getFloat32", 4),
  0xcb: (input) => input.number("getFloat64", 8),
  0xcc: (input) => input.number("getUint8", 1),
  0xcd: (input) => input.number("getUint16", 2),
  0xce: (input) => input.number("getUint32", 4),
  0xcf: (input) => input.big("getBigUint64"),
  0xd0: (input) => input.number("getInt8", 1),
  0xd1: (input) => input.number("getInt16", 2),
  0xd2: (input) => input.number("getInt32", 4),
  0xd3: (input) => input.big("getBigInt64"),
  0xd9: (input) => input.text(input.number("getUint8", 1)),
  0xda: (input) => input.text(input.number("getUint16", 2)),
  0xdb: (input) => input.text(input.number("getUint32", 4)),
  0xdc: (input) => readList(input, input.number("getUint16", 2)),
  0xdd: (input) => readList(input, input.number("getUint32", 4)),
  0xde: (input) => readMap(input, input.number("getUint16", 2)),
  0xdf: (input) => readMap(input, input.number("getUint32", 4)),
});

/**
 * @param {Reader} input
 * @param {number} size
 */
function readList(input, size) {
  const items = [];
  for (let left = size; left > 0; left -= 1) items.push(read(input));
  return items;
}

/**
 * @param {Reader} input
 * @param {number} size
 */
function readMap(input, size) {
  /** @type {Record<string, any>} */
  const fields = {};
  for (let left = size; left > 0; left -= 1) {
    const name = read(input);
    if (typeof name !== "string") throw new TypeError("A key that is no string.");
    // Written as JSON.parse writes it: an own field whatever it is called.
    if (name === "__proto__") Object.defineProperty(fields, name, { value: read(input), enumerable: true, configurable: true, writable: true });
    else fields[name] = read(input);
  }
  return fields;
}
