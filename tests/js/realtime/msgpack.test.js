import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { decode, json } from "../../../static/realtime/frames.js";
import { msgpack } from "../../../static/realtime/msgpack.js";
import { pack } from "../../../static/realtime/pack.js";
import { unpack } from "../../../static/realtime/unpack.js";
import { Browser } from "../support/browser.js";
import { Random } from "../support/random.js";
import { hello } from "../support/socket.js";

/** @typedef {{ name: string, direction: string, hex?: string, text?: string, frame?: any, error?: any }} Example */

const wire = new URL("../../wire/", import.meta.url);
const read = (/** @type {string} */ name) => /** @type {Example[]} */ (JSON.parse(readFileSync(new URL(name, wire), "utf8")));
const inJson = new Map(read("examples.json").map((example) => [`${example.direction}: ${example.name}`, example]));
const examples = read("msgpack.json").map((example) => ({ ...inJson.get(`${example.direction}: ${example.name}`), ...example }));
const of = (/** @type {string} */ direction) => examples.filter((example) => example.direction === direction);
const bytesOf = (/** @type {string | undefined} */ hex) => Uint8Array.from(Buffer.from(hex ?? "", "hex"));
const bufferOf = (/** @type {string | undefined} */ hex) => bytesOf(hex).buffer;

// ---- the shared examples ----------------------------------------------------------

for (const { name, hex, text, frame, error } of of("server")) {
  test(`from the server: ${name}`, () => {
    const decoded = decode(bufferOf(hex), msgpack);
    if (error) return assert.equal(decoded, null);
    assert.deepEqual({ ...decoded, ...frame }, decoded, "every field of the example is there");
    if (text !== undefined) assert.deepEqual(decoded, decode(text), "and it means what the text means");
  });
}

for (const { name, hex, frame } of of("client").filter((example) => example.frame)) {
  test(`from the client: ${name}`, () => {
    assert.deepEqual(unpack(/** @type {any} */ (msgpack.encode(frame))), frame);
    const asSent = JSON.parse(JSON.stringify(unpack(bytesOf(hex)), (_, value) => value ?? undefined));
    assert.deepEqual(asSent, JSON.parse(JSON.stringify(frame, (_, value) => value ?? undefined)));
  });
}

test("what a client writes is byte for byte what the examples hold", () => {
  const plain = of("client").filter(({ frame, text }) => frame && text === JSON.stringify(frame));
  assert.ok(plain.length > 10);
  for (const { name, hex, frame } of plain) assert.equal(Buffer.from(pack(frame)).toString("hex"), hex, name);
});

// ---- values -----------------------------------------------------------------------

const EDGES = [
  0, 1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, -1, -32, -33, -128, -129, -32_768, -32_769,
  -(2 ** 31), -(2 ** 31) - 1, -(2 ** 53) + 1, 0.5, -0.1, 1e300, 5e-324, 2 ** 60, null, true, false, "",
];

test("every value comes out as it went in", () => {
  const texts = [0, 1, 23, 24, 31, 32, 255, 256, 65_535, 65_536, 100_000].map((length) => "x".repeat(length));
  const lists = [0, 15, 16, 65_536].map((length) => Array(length).fill(7));
  const maps = [0, 15, 16, 70_000].map((length) => Object.fromEntries(lists[3].slice(0, length).map((_, n) => [`k${n}`, n])));
  const scripts = ["Grüße", "שלום", "你好", "👩‍👩‍👧", "a\0b", "\u2028", "é😀".repeat(20)];
  for (const value of [...EDGES, ...texts, ...lists, ...maps, ...scripts, [EDGES, [[scripts]], { a: { b: EDGES } }]]) {
    assert.deepEqual(unpack(pack(value)), value);
  }
});

test("so does anything made of them, as it would through JSON", () => {
  const chance = new Random(7);
  const random = () => chance.next();
  const pick = (/** @type {any[]} */ from) => from[Math.floor(random() * from.length)];
  /** @returns {any} */
  const value = (/** @type {number} */ depth) => {
    const kind = depth > 4 ? 0 : Math.floor(random() * 4);
    if (kind === 1) return Array.from({ length: random() * 5 }, () => value(depth + 1));
    if (kind > 1) return Object.fromEntries(Array.from({ length: random() * 5 }, () => [pick(["a", "ß", "op", ""]), value(depth + 1)]));
    return random() < 0.5 ? pick(EDGES) : Math.floor((random() - 0.5) * 2 ** (random() * 54));
  };
  for (let n = 0; n < 2_000; n += 1) {
    const made = value(0);
    assert.deepEqual(unpack(pack(made)), JSON.parse(JSON.stringify(made)));
  }
});

test("what JSON leaves out or turns into null is left out or null here", () => {
  const odd = { a: undefined, b: [undefined, NaN, Infinity], c: new Date(0), d: { toJSON: () => "by itself" }, e: -0 };
  assert.deepEqual(unpack(pack(odd)), { b: [null, null, null], c: "1970-01-01T00:00:00.000Z", d: "by itself", e: 0 });
  assert.throws(() => pack({ a: () => 1 }), TypeError);
  assert.throws(() => pack([1n]), TypeError);
});

test("a field of any name is a field, and no prototype is touched", () => {
  const value = unpack(pack(JSON.parse('{"__proto__":{"polluted":1},"constructor":2}')));
  assert.deepEqual(Object.keys(value), ["__proto__", "constructor"]);
  assert.equal(/** @type {any} */ ({}).polluted, undefined);
  assert.equal(value.polluted, undefined);
});

test("half a surrogate pair is sent as it is, for the server to refuse, and not as another character", () => {
  assert.equal(Buffer.from(pack("a\ud800b😀")).toString("hex"), "a961eda08062f09f9880");
});

test("what is not one value that JSON has is an error", () => {
  const wrong = ["", "c1", "a161a1", "a261", "92c0", "82a16101", "d9", "da00", "cb00", "c40161", "d40501", "c70005", "8101c0", "c0c0", "a1ff", "dd"];
  for (const hex of wrong) assert.throws(() => unpack(bytesOf(hex)), hex);
});

test("any bytes do no harm", () => {
  const chance = new Random(11);
  for (let n = 0; n < 5_000; n += 1) {
    const bytes = Uint8Array.from({ length: chance.below(40) }, () => chance.below(256));
    assert.doesNotThrow(() => decode(bytes.buffer, msgpack));
  }
  assert.equal(decode(bufferOf("dfffffffff"), msgpack), null);
  assert.equal(decode("text", msgpack), null);
  assert.equal(decode(new Uint8Array([0x91]).buffer.slice(0), msgpack), null);
  assert.equal(decode(Uint8Array.from({ length: 100_000 }, () => 0x91).buffer, msgpack), null, "too deep for any stack");
});

// ---- on a connection --------------------------------------------------------------

test("a client that wants MessagePack offers JSON behind it, and takes what the server chose", async () => {
  for (const [chosen, kind] of /** @type {const} */ ([[msgpack, "object"], [json, "string"]])) {
    const tab = new Browser().tab({ encoding: msgpack });
    tab.client.start();
    await tab.browser.clock.advance(0);
    assert.deepEqual(tab.socket.protocols, ["chorus.v1.msgpack", "chorus.v1.json"]);
    assert.equal(tab.socket.binaryType, "arraybuffer");
    /** @type {string[]} */
    const kinds = [];
    const send = tab.socket.send.bind(tab.socket);
    tab.socket.send = (message) => (kinds.push(typeof message), send(message));
    tab.socket.greet({}, chosen);
    await tab.browser.clock.advance(0);
    assert.equal(tab.client.state, "connected");
    await talk(tab);
    assert.deepEqual(new Set(kinds), new Set([kind]));
    tab.client.stop();
  }
});

/** @param {import("../support/browser.js").Tab} tab */
async function talk(tab) {
  const room = tab.client.subscribe("chat/general");
  /** @type {any[]} */
  const heard = [];
  room.addEventListener("event", ({ detail }) => heard.push(detail.data.text));
  await tab.browser.clock.advance(0);
  const asked = tab.socket.last("subscribe");
  tab.socket.reply(asked, { epoch: "k3x", seq: 4, recovered: false, events: [], snapshot: {} });
  await tab.browser.clock.advance(0);
  tab.socket.receive({ op: "event", topic: "chat/general", event: "message", seq: 5, data: { text: "é😀", key: null } });
  const answer = tab.client.request("chat/general", "read", { no: 300 });
  tab.socket.refuse(tab.socket.last("send"), "invalid", { field: "no" });
  await assert.rejects(answer, { code: "invalid", field: "no" });
  assert.equal(tab.client.send("chat/general", "typing", { active: true }), true);
  await tab.browser.clock.advance(26_000);
  assert.deepEqual(heard, ["é😀"]);
  assert.deepEqual(tab.socket.last("send").data, { active: true });
  assert.equal(tab.socket.all("ping").length, 1);
}

test("the limit on a frame's size is that of its bytes in MessagePack", async () => {
  const tab = new Browser().tab({ encoding: msgpack });
  tab.client.start();
  await tab.browser.clock.advance(0);
  tab.socket.greet({ limits: { ...hello().limits, frame_bytes: 200 } }, msgpack);
  await tab.browser.clock.advance(0);
  tab.client.subscribe("t");
  await tab.browser.clock.advance(0);
  tab.socket.reply(tab.socket.last("subscribe"), { snapshot: {} });
  await tab.browser.clock.advance(0);
  const list = Array(100).fill(1); // 2 bytes each in JSON
  void tab.client.request("t", "e", list).catch(() => undefined);
  assert.deepEqual(tab.socket.last("send").data, list);
  await assert.rejects(tab.client.request("t", "e", Array(60).fill(0.5)), { code: "too_large" });
  tab.client.stop();
});

test("a message of the other kind is passed over", async () => {
  const tab = new Browser().tab({ encoding: msgpack });
  tab.client.start();
  await tab.browser.clock.advance(0);
  tab.socket.greet({}, msgpack);
  await tab.browser.clock.advance(0);
  tab.socket.receive(JSON.stringify({ op: "pong" }));
  assert.equal(tab.client.state, "connected");
  tab.client.stop();
});
