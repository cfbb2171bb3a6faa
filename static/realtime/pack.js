/** Values as MessagePack: those JSON has, and no others. */

const texts = new TextEncoder();
const FIRST_BYTES = 256;
/** With the flag `u` a pair is one character, and no match. */
const LONE = /(\p{Surrogate})/u;

/**
 * @param {unknown} value As JSON.stringify takes it: what is undefined is left out.
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function pack(value) {
  const out = new Writer();
  write(out, value);
  return out.bytes();
}

class Writer {
  #bytes = new Uint8Array(FIRST_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #size = 0;

  bytes() {
    return this.#bytes.slice(0, this.#size);
  }

  /** @param {number} byte */
  byte(byte) {
    const at = this.#room(1);
    this.#bytes[at] = byte;
  }

  /**
   * @param {number} head
   * @param {"setUint8" | "setUint16" | "setUint32" | "setInt8" | "setInt16" | "setInt32" | "setFloat64"} as
   * @param {number} width
   * @param {number} number
   */
  number(head, as, width, number) {
    this.byte(head);
    const at = this.#room(width);
    this.#view[as](at, number);
  }

  /**
   * @param {number} head
   * @param {bigint} number
   */
  big(head, number) {
    this.byte(head);
    const at = this.#room(8);
    this.#view.setBigInt64(at, number);
  }

  /** @param {Uint8Array} bytes */
  append(bytes) {
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /**
   * @param {number} size
   * @returns {number} Where so many bytes may be written. The buffer may be another one afterwards.
   */
  #room(size) {
    const at = this.#size;
    this.#size += size;
    if (this.#size > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#size, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}

/**
 * @param {Writer} out
 * @param {any} value
 */
function write(out, value) {
  if (value === null || value === undefined) out.byte(0xc0);
  else if (typeof value === "boolean") out.byte(value ? 0xc3 : 0xc2);
  else if (typeof value === "number") writeNumber(out, value);
  else if (typeof value === "string") writeText(out, value);
  else if (Array.isArray(value)) writeList(out, value);
  else if (typeof value.toJSON === "function") write(out, value.toJSON());
  else if (typeof value === "object") writeMap(out, value);
  else throw new TypeError(`A frame cannot hold a ${typeof value}.`);
}

/**
 * @param {Writer} out
 * @param {number} value
 */
function writeNumber(out, value) {
  if (!Number.isFinite(value)) out.byte(0xc0); // as JSON.stringify does
  else if (!Number.isSafeInteger(value)) out.number(0xcb, "setFloat64", 8, value);
  else if (value >= 0) writeNatural(out, value);
  else if (value >= -0x20) out.byte(0x100 + value);
  else if (value >= -0x80) out.number(0xd0, "setInt8", 1, value);
  else if (value >= -0x8000) out.number(0xd1, "setInt16", 2, value);
  else if (value >= -0x8000_0000) out.number(0xd2, "setInt32", 4, value);
  else out.big(0xd3, BigInt(value));
}

/**
 * @param {Writer} out
 * @param {number} value
 */
function writeNatural(out, value) {
  if (value < 0x80) out.byte(value);
  else if (value < 0x100) out.number(0xcc, "setUint8", 1, value);
  else if (value < 0x1_0000) out.number(0xcd, "setUint16", 2, value);
  else if (value < 0x1_0000_0000) out.number(0xce, "setUint32", 4, value);
  else out.big(0xcf, BigInt(value));
}

/**
 * @param {Writer} out
 * @param {string} value
 */
function writeText(out, value) {
  const bytes = LONE.test(value) ? withLoneSurrogates(value) : texts.encode(value);
  if (bytes.length < 0x20) out.byte(0xa0 + bytes.length);
  else if (bytes.length < 0x100) out.number(0xd9, "setUint8", 1, bytes.length);
  else if (bytes.length < 0x1_0000) out.number(0xda, "setUint16", 2, bytes.length);
  else out.number(0xdb, "setUint32", 4, bytes.length);
  out.append(bytes);
}

/**
 * @param {Writer} out
 * @param {unknown[]} items
 */
function writeList(out, items) {
  if (items.length < 0x10) out.byte(0x90 + items.length);
  else if (items.length < 0x1_0000) out.number(0xdc, "setUint16", 2, items.length);
  else out.number(0xdd, "setUint32", 4, items.length);
  for (const item of items) write(out, item);
}

/**
 * @param {Writer} out
 * @param {Record<string, unknown>} fields
 */
function writeMap(out, fields) {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  if (entries.length < 0x10) out.byte(0x80 + entries.length);
  else if (entries.length < 0x1_0000) out.number(0xde, "setUint16", 2, entries.length);
  else out.number(0xdf, "setUint32", 4, entries.length);
  for (const [name, value] of entries) {
    writeText(out, name);
    write(out, value);
  }
}

/**
 * TextEncoder would put U+FFFD in their place, and others would read what nobody wrote. The server
 * refuses them, as it does in JSON.
 *
 * @param {string} value
 */
function withLoneSurrogates(value) {
  const parts = value.split(LONE).map((part) => {
    const unit = part.charCodeAt(0);
    return LONE.test(part) ? [0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)] : texts.encode(part);
  });
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
