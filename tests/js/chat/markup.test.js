import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { renderMarkup } from "../../../static/chat/markup/render.js";
import { fakeDocument } from "../support/dom.js";

Object.assign(globalThis, { document: fakeDocument });

/** The server's tests run the same file. @type {{ name: string, text: string, html: string }[]} */
const examples = JSON.parse(readFileSync(new URL("../../markup/examples.json", import.meta.url), "utf8"));

for (const { name, text, html } of examples) {
  test(name, () => assert.equal(/** @type {any} */ (renderMarkup(text)).html, html));
}
