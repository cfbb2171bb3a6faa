import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const folder = new URL("../../../static/realtime/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".js"));
/** A page's own modules stand on top of ours, and collectstatic follows no more than five. */
const DEEPEST = 3;

/** @param {string} name */
const source = (name) => readFileSync(new URL(name, folder), "utf8");

/**
 * @param {string} name
 * @returns {string[]} The files it imports when it runs; types do not count.
 */
function importsOf(name) {
  return [...source(name).matchAll(/^import\s[^;]*?from "\.\/([^"]+)";$/gm)].map(([, imported]) => imported);
}

/**
 * @param {string} name
 * @param {string[]} [above]
 * @returns {number} How many files deep its imports go, itself included.
 */
function depth(name, above = []) {
  assert.ok(!above.includes(name), `a circle: ${[...above, name].join(" → ")}`);
  return 1 + Math.max(0, ...importsOf(name).map((imported) => depth(imported, [...above, name])));
}

test("imports go round in no circle and no deeper than pages can afford", () => {
  for (const name of files) assert.ok(depth(name) <= DEEPEST, `${name}: ${depth(name)}`);
  assert.equal(depth("client.js"), DEEPEST);
});

test("every import is written as the hashed static files need it, and leads to a file", () => {
  for (const name of files) {
    const statements = source(name).match(/^(import|export)\s.*\bfrom ".*$/gm) ?? [];
    const multiline = source(name).match(/^} from .*$/gm) ?? [];
    for (const line of [...statements, ...multiline]) assert.match(line, /from "\.\/[a-z-]+\.js";$/, name);
    assert.equal(importsOf(name).length, statements.length + multiline.length, name);
    for (const imported of importsOf(name)) assert.ok(files.includes(imported), `${name}: ${imported}`);
    assert.doesNotMatch(source(name), /\bimport\("/, `${name}: no dynamic import`);
  }
});

test("merge.js and the other pure files import nothing that is not pure", () => {
  for (const name of ["merge.js", "backoff.js", "codes.js", "cursor.js", "frames.js", "pack.js", "unpack.js"]) assert.deepEqual(importsOf(name), []);
});

test("a page that does not ask for MessagePack does not load it", () => {
  const loaded = new Set();
  const load = (/** @type {string} */ name) => loaded.has(name) || (loaded.add(name), importsOf(name).forEach(load));
  load("client.js");
  for (const name of ["msgpack.js", "pack.js", "unpack.js"]) assert.ok(!loaded.has(name), name);
  assert.ok(loaded.has("frames.js"));
});

test("what the client shows is what its manual and its types name", async () => {
  const client = await import("../../../static/realtime/client.js");
  const merge = await import("../../../static/realtime/merge.js");
  const methods = Object.getOwnPropertyNames(client.RealtimeClient.prototype).sort();
  assert.deepEqual(Object.keys(client), ["RealtimeClient"]);
  assert.deepEqual(methods, ["constructor", "outbox", "post", "request", "retryNow", "send", "start", "state", "status", "stop", "subscribe", "user"]);
  assert.deepEqual(Object.keys(merge).sort(), [
    "EMPTY", "applyEvent", "applyHistory", "applyRead", "applySnapshot", "latestSpan", "messagesIn",
    "newerThan", "olderThan", "spanAround", "unconfirmed", "unreadCount",
  ]);
});
