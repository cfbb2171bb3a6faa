import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { ErrorCode } from "../../../static/realtime/codes.js";
import { decode, json } from "../../../static/realtime/frames.js";

/** @type {{ name: string, direction: string, text: string, frame?: any, error?: { code: string } }[]} */
const examples = JSON.parse(readFileSync(new URL("../../wire/examples.json", import.meta.url), "utf8"));
const of = (/** @type {string} */ direction) => examples.filter((example) => example.direction === direction);

test("there are examples of both directions, good ones and bad ones", () => {
  for (const direction of ["client", "server"]) {
    assert.ok(of(direction).some(({ frame }) => frame));
    assert.ok(of(direction).some(({ error }) => error));
  }
});

for (const { name, text, frame, error } of of("server")) {
  test(`from the server: ${name}`, () => {
    const decoded = decode(text);
    if (error) assert.equal(decoded, null);
    else assert.deepEqual({ ...decoded, ...frame }, decoded, "every field of the example is there");
  });
}

for (const { name, frame } of of("client").filter((example) => example.frame)) {
  test(`from the client: ${name}`, () => assert.deepEqual(json.decode(json.encode(frame)), frame));
}

test("every error code of the examples is known here", () => {
  const codes = new Set(of("client").flatMap(({ error }) => (error ? [error.code] : [])));
  for (const code of codes) assert.ok(Object.values(ErrorCode).some((known) => known === code), code);
});
