/**
 * A message's text to DOM nodes. Every character goes in as text; the elements are
 * the few that are made here; an address got past the grammar only as http, https or
 * mailto. The result is what chat/markup/html.py writes for the first paint.
 */

import { parseBlocks } from "./blocks.js";
import { parseInline } from "./inline.js";

/** @import { Block } from "./blocks.js" */

/**
 * @param {string} text
 * @returns {DocumentFragment}
 */
export function renderMarkup(text) {
  const fragment = document.createDocumentFragment();
  fragment.append(...parseBlocks(text).map(blockNode));
  return fragment;
}

/**
 * @param {Block} block
 * @returns {HTMLElement}
 */
function blockNode(block) {
  switch (block.kind) {
    case "paragraph":
      return directed("p", inlineNodes(block.text));
    case "quote":
      return directed("blockquote", block.blocks.map(blockNode));
    case "code":
      return codeNode(block.text);
    case "list":
      return listNode(block.start, block.items);
  }
}

/**
 * @param {string} text
 * @returns {HTMLElement}
 */
function codeNode(text) {
  const pre = document.createElement("pre");
  // Long lines scroll, and what scrolls must be reachable by keyboard.
  pre.tabIndex = 0;
  const code = document.createElement("code");
  code.textContent = text;
  pre.append(code);
  return pre;
}

/**
 * @param {number | null} start
 * @param {Block[][]} items
 * @returns {HTMLElement}
 */
function listNode(start, items) {
  const list = directed(start === null ? "ul" : "ol", items.map(itemNode));
  if (start !== null) list.setAttribute("start", String(start));
  return list;
}

/**
 * An item's first paragraph stands in it bare, beside the marker.
 *
 * @param {Block[]} blocks
 * @returns {HTMLElement}
 */
function itemNode(blocks) {
  const item = document.createElement("li");
  const [first, ...rest] = blocks;
  if (first?.kind === "paragraph") item.append(...inlineNodes(first.text), ...rest.map(blockNode));
  else item.append(...blocks.map(blockNode));
  return item;
}

/**
 * @param {string} text
 * @returns {Node[]}
 */
function inlineNodes(text) {
  const root = document.createElement("span");
  let address = "";
  /** @type {HTMLElement} */
  let into = root;
  for (const [kind, value] of parseInline(text)) {
    if (kind === "text") into.append(value);
    else if (kind === "code") into.appendChild(document.createElement("code")).textContent = value;
    else if (kind === "link") address = value;
    else if (kind === "open") into = into.appendChild(value === "a" ? linkNode(address) : document.createElement(value));
    else into = into.parentElement ?? root;
  }
  return [...root.childNodes];
}

/**
 * @param {string} address
 * @returns {HTMLElement}
 */
function linkNode(address) {
  const link = document.createElement("a");
  link.setAttribute("href", address);
  link.title = address;
  // `ugc` and `nofollow`: people write these links, not we. `noopener`: the page they lead to gets no hold of this one.
  link.rel = "noopener nofollow ugc";
  link.target = "_blank";
  return link;
}

/**
 * @param {string} tag
 * @param {Node[]} children
 * @returns {HTMLElement} An element whose text runs as its own first strong letter says.
 */
function directed(tag, children) {
  const element = document.createElement(tag);
  element.dir = "auto";
  element.append(...children);
  return element;
}
