/** Messages as HTML: reads a JSON list of texts from standard input, writes a JSON list of what the browser makes of them. */

import { readFileSync } from "node:fs";

import { renderMarkup } from "../../../static/chat/markup/render.js";
import { fakeDocument } from "./dom.js";

Object.assign(globalThis, { document: fakeDocument });
/** @type {string[]} */
const texts = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(texts.map((text) => /** @type {any} */ (renderMarkup(text)).html)));
