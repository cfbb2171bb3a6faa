import assert from "node:assert/strict";
import { test } from "node:test";

import { decode, json } from "../../../static/realtime/frames.js";
import { hello } from "../support/socket.js";

test("what is not a frame of a server is not understood, and does no harm", () => {
  const texts = [
    "", "{", "null", "[]", "7", '"hello"', "{}", '{"op":"nonsense"}', '{"op":"constructor"}', '{"op":["reply"]}',
    '{"op":"reply"}', '{"op":"reply","id":"1"}', '{"op":"event","topic":"t"}', '{"op":"error","code":"invalid"}',
    JSON.stringify({ ...hello(), limits: null }), "[".repeat(5000),
  ];
  for (const text of texts) assert.equal(decode(text), null, text.slice(0, 40));
  assert.equal(decode(new ArrayBuffer(8)), null);
});

test("fields a later server adds are no reason to refuse a frame", () => {
  assert.deepEqual(decode('{"op":"pong","at":3}'), { op: "pong", at: 3 });
});

test("a frame's length is counted in bytes", () => {
  assert.equal(json.byteLength("é€😀"), 2 + 3 + 4);
});

test("fields that are absent are not sent", () => {
  assert.equal(json.encode({ op: "send", topic: "t", event: "typing", data: {} }), '{"op":"send","topic":"t","event":"typing","data":{}}');
});
