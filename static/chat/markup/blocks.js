/**
 * Text to blocks: paragraphs, fenced code, quotes, lists.
 *
 * The same grammar as chat/markup/blocks.py, line for line; tests/markup/examples.json
 * holds the two together. Knows nothing of what stands inside a paragraph.
 */

/**
 * @typedef {{ kind: "paragraph", text: string }
 *   | { kind: "code", text: string }
 *   | { kind: "quote", blocks: Block[] }
 *   | { kind: "list", start: number | null, items: Block[][] }} Block
 */

/** Deeper quotes and lists are shown as the text they are. */
const DEPTH_MAX = 4;
/** How far a line must be indented, beyond its item's marker, to belong to the item. */
const NESTED_BY = 2;

const FENCE = /^ {0,3}(`{3,})[^`]*$/;
const QUOTE = /^ {0,3}> ?/;
/** Three digits at most: "1984. What a book" is a sentence. */
const ITEM = /^( {0,3})(?:[-*]|([0-9]{1,3})[.)]) +(?=[^ ])/;

/**
 * @param {string} text A whole message.
 * @returns {Block[]}
 */
export function parseBlocks(text) {
  return readBlocks(text.replace(/\r\n?/g, "\n").split("\n"), 0);
}

/**
 * @param {string[]} lines
 * @param {number} depth
 * @returns {Block[]}
 */
function readBlocks(lines, depth) {
  const blocks = [];
  let at = 0;
  while (at < lines.length) {
    if (isBlank(lines[at])) {
      at += 1;
    } else {
      const [block, next] = readBlock(lines, at, depth);
      blocks.push(block);
      at = next;
    }
  }
  return blocks;
}

/**
 * @param {string[]} lines
 * @param {number} at
 * @param {number} depth
 * @returns {[Block, number]} The block that starts on the line, and where the next one does.
 */
function readBlock(lines, at, depth) {
  if (FENCE.test(lines[at])) return readCode(lines, at);
  if (depth < DEPTH_MAX && QUOTE.test(lines[at])) return readQuote(lines, at, depth);
  if (depth < DEPTH_MAX && ITEM.test(lines[at])) return readList(lines, at, depth);
  return readParagraph(lines, at, depth);
}

/**
 * Code runs to a fence at least as long as the one that opened it, or to the end.
 *
 * @param {string[]} lines
 * @param {number} at
 * @returns {[Block, number]}
 */
function readCode(lines, at) {
  const opening = /** @type {RegExpExecArray} */ (FENCE.exec(lines[at]));
  const closing = new RegExp(`^ {0,3}\`{${opening[1].length},} *$`);
  let end = at + 1;
  while (end < lines.length && !closing.test(lines[end])) end += 1;
  return [{ kind: "code", text: lines.slice(at + 1, end).join("\n") }, end + 1];
}

/**
 * @param {string[]} lines
 * @param {number} at
 * @param {number} depth
 * @returns {[Block, number]}
 */
function readQuote(lines, at, depth) {
  const inner = [];
  let end = at;
  while (end < lines.length && QUOTE.test(lines[end])) {
    inner.push(lines[end].replace(QUOTE, ""));
    end += 1;
  }
  return [{ kind: "quote", blocks: readBlocks(inner, depth + 1) }, end];
}

/**
 * Items follow each other while their markers are of one kind; a line that is not indented ends the list.
 *
 * @param {string[]} lines
 * @param {number} at
 * @param {number} depth
 * @returns {[Block, number]}
 */
function readList(lines, at, depth) {
  const first = /** @type {RegExpExecArray} */ (ITEM.exec(lines[at]));
  const items = [];
  /** @type {RegExpExecArray | null} */
  let mark = first;
  let next = at;
  while (mark !== null) {
    const [inner, after] = readItem(lines, next, first[1].length + NESTED_BY, mark[0].length);
    items.push(readBlocks(inner, depth + 1));
    next = after;
    mark = nextItem(lines, next, first);
  }
  return [{ kind: "list", start: first[2] === undefined ? null : Number(first[2]), items }, next];
}

/**
 * Take the item's first line and all that is indented under it, blank lines in between included.
 *
 * @param {string[]} lines
 * @param {number} at
 * @param {number} nested
 * @param {number} content
 * @returns {[string[], number]}
 */
function readItem(lines, at, nested, content) {
  const inner = [lines[at].slice(content)];
  let end = at + 1;
  while (end < lines.length) {
    let following = end;
    while (following < lines.length && isBlank(lines[following])) following += 1;
    if (following === lines.length || indentOf(lines[following]) < nested) {
      // Blank lines between two items belong to neither.
      return [inner, following < lines.length && ITEM.test(lines[following]) ? following : end];
    }
    inner.push(...lines.slice(end, following));
    inner.push(lines[following].slice(Math.min(content, indentOf(lines[following]))));
    end = following + 1;
  }
  return [inner, end];
}

/**
 * @param {string[]} lines
 * @param {number} at
 * @param {RegExpExecArray} first
 * @returns {RegExpExecArray | null} Another item of the same list on this line.
 */
function nextItem(lines, at, first) {
  const mark = at < lines.length ? ITEM.exec(lines[at]) : null;
  return mark !== null && (mark[2] === undefined) === (first[2] === undefined) ? mark : null;
}

/**
 * @param {string[]} lines
 * @param {number} at
 * @param {number} depth
 * @returns {[Block, number]}
 */
function readParagraph(lines, at, depth) {
  let end = at + 1;
  while (end < lines.length && !isBlank(lines[end]) && !interrupts(lines[end], depth)) end += 1;
  return [{ kind: "paragraph", text: lines.slice(at, end).join("\n") }, end];
}

/**
 * Whether a line ends the paragraph above it. A number does only if it is 1: others are in the sentence.
 *
 * @param {string} line
 * @param {number} depth
 */
function interrupts(line, depth) {
  if (FENCE.test(line)) return true;
  if (depth >= DEPTH_MAX) return false;
  const item = ITEM.exec(line);
  return QUOTE.test(line) || (item !== null && (item[2] === undefined || item[2] === "1"));
}

/** @param {string} line */
function isBlank(line) {
  return /^[ \t]*$/.test(line);
}

/** @param {string} line */
function indentOf(line) {
  return line.length - line.replace(/^ +/, "").length;
}
