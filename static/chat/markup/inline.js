/**
 * A paragraph's text to pieces: words, emphasis, code, links.
 *
 * The same grammar as chat/markup/inline.py, line for line. A piece is `[kind, value]`:
 * `text` and `code` carry their text, `open` and `close` a tag (`em`, `strong`, `a`),
 * `link` the address that the following `open a` points to.
 */

/** @typedef {["text" | "code" | "open" | "close" | "link", string]} Piece */

/** Spelled out, because Python and JavaScript disagree about what `\s` is. */
const SPACE = " \\t\\n\\v\\f\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff";
const ADDRESS = `(?:https?://|mailto:)[^${SPACE}()<>]+(?:\\([^${SPACE}()<>]*\\)[^${SPACE}()<>]*)*`;
const TOKEN = new RegExp(
  [
    "\\\\([\\\\`*_\\[\\]()>-])",
    "(`+)",
    `\\[([^\\[\\]\\n]*[^\\[\\]${SPACE}][^\\[\\]\\n]*)\\]\\((${ADDRESS})\\)`,
    `(?<![A-Za-z0-9])(https?://[^${SPACE}<>]+)`,
    "(\\*+|_+)",
  ].join("|"),
  "gu",
);
const LONGEST_RUN = 3;
const BLANK = new RegExp(`[${SPACE}]`, "u");
const WORD = /[\p{L}\p{N}]/u;
const TRAILING = ".,;:!?'\"*_~";

/** A run of `*` or `_` with what it closes and opens; what is left of it is text. */
class Run {
  /** @type {string[]} */
  closes = [];
  /** @type {string[]} */
  opens = [];

  /**
   * @param {string} mark
   * @param {number} left
   */
  constructor(mark, left) {
    this.mark = mark;
    this.left = left;
  }

  /** @returns {Piece[]} */
  pieces() {
    return [
      ...this.closes.map((tag) => /** @type {Piece} */ (["close", tag])),
      ["text", this.mark.repeat(this.left)],
      ...this.opens.map((tag) => /** @type {Piece} */ (["open", tag])),
    ];
  }
}

/**
 * @param {string} text A paragraph.
 * @param {{ links?: boolean }} [options] `links` false: as inside a link, which can hold no other.
 * @returns {Piece[]}
 */
export function parseInline(text, { links = true } = {}) {
  /** @type {(Piece | Run)[]} */
  const pieces = [];
  /** @type {Run[]} */
  const openers = [];
  /** @type {Set<number>} */
  const unclosed = new Set();
  let at = 0;
  for (let token = nextToken(text, at); token !== null; token = nextToken(text, at)) {
    const [whole, escaped, ticks, label, target, bare, run] = token;
    const start = token.index;
    pieces.push(["text", text.slice(at, start)]);
    at = start + whole.length;
    if (escaped !== undefined) {
      pieces.push(["text", escaped]);
    } else if (ticks !== undefined) {
      const [code, end] = readCode(text, start, ticks.length, unclosed);
      pieces.push(code);
      at = end;
    } else if (run !== undefined) {
      pieces.push(readRun(text, start, run, openers));
    } else if (!links) {
      // The mark that began it stays text; what follows may still be emphasis.
      at = start + 1;
      pieces.push(["text", text[start]]);
    } else if (label !== undefined) {
      pieces.push(...link(target, label));
    } else {
      const address = trimAddress(bare);
      at = start + address.length;
      if (isComplete(address)) pieces.push(...link(address, null));
      else pieces.push(["text", address]);
    }
  }
  pieces.push(["text", text.slice(at)]);
  return settle(pieces);
}

/**
 * @param {string} text
 * @param {number} at
 */
function nextToken(text, at) {
  TOKEN.lastIndex = at;
  return TOKEN.exec(text);
}

/**
 * Code ends at a run of as many backticks. `unclosed` remembers which lengths have no end, so none is sought twice.
 *
 * @param {string} text
 * @param {number} start
 * @param {number} ticks
 * @param {Set<number>} unclosed
 * @returns {[Piece, number]}
 */
function readCode(text, start, ticks, unclosed) {
  const begin = start + ticks;
  const closing = new RegExp(`(?<!\`)\`{${ticks}}(?!\`)`, "g");
  closing.lastIndex = begin;
  const end = unclosed.has(ticks) ? null : closing.exec(text);
  if (end === null) {
    unclosed.add(ticks);
    return [["text", "`".repeat(ticks)], begin];
  }
  const code = text.slice(begin, end.index);
  const padded = code.length > 2 && code.startsWith(" ") && code.endsWith(" ");
  return [["code", padded ? code.slice(1, -1) : code], end.index + ticks];
}

/**
 * Close what the run can close, nearest first, and keep the rest of it as an opener if it can open.
 *
 * @param {string} text
 * @param {number} start
 * @param {string} marks
 * @param {Run[]} openers
 */
function readRun(text, start, marks, openers) {
  const run = new Run(marks[0], marks.length);
  if (run.left > LONGEST_RUN) return run;
  const [canOpen, canClose] = flanks(run.mark, before(text, start), after(text, start + marks.length));
  while (canClose && run.left > 0 && openers.some((opener) => opener.mark === run.mark)) {
    while (openers[openers.length - 1].mark !== run.mark) openers.pop();
    const opener = openers[openers.length - 1];
    const used = Math.min(2, run.left, opener.left);
    const tag = used === 2 ? "strong" : "em";
    run.closes.push(tag);
    opener.opens.unshift(tag);
    run.left -= used;
    opener.left -= used;
    if (opener.left === 0) openers.pop();
  }
  if (canOpen && run.left > 0) openers.push(run);
  return run;
}

/**
 * Whether a run can open and can close, by its neighbours. Inside a word only `*` can do either.
 *
 * @param {string} mark
 * @param {string} previous
 * @param {string} next
 * @returns {[boolean, boolean]}
 */
function flanks(mark, previous, next) {
  const left = !isSpace(next) && (WORD.test(next) || !WORD.test(previous));
  const right = !isSpace(previous) && (WORD.test(previous) || !WORD.test(next));
  if (mark === "*") return [left, right];
  return [left && (!right || !WORD.test(previous)), right && (!left || !WORD.test(next))];
}

/** @param {string} character */
function isSpace(character) {
  return character === "" || BLANK.test(character);
}

/**
 * The whole character before an index, not half of one.
 *
 * @param {string} text
 * @param {number} index
 */
function before(text, index) {
  const low = text.charCodeAt(index - 1);
  return text.slice(Math.max(0, index - (low >= 0xdc00 && low <= 0xdfff ? 2 : 1)), index);
}

/**
 * @param {string} text
 * @param {number} index
 */
function after(text, index) {
  return index < text.length ? String.fromCodePoint(/** @type {number} */ (text.codePointAt(index))) : "";
}

/**
 * A link's pieces. A label that looks like another address would lie, so the address stands for itself.
 *
 * @param {string} address
 * @param {string | null} label
 * @returns {Piece[]}
 */
function link(address, label) {
  const honest = label !== null && (label === address || !LOOKS_LIKE_ADDRESS.test(label));
  const inner = honest ? parseInline(label, { links: false }) : [/** @type {Piece} */ (["text", address])];
  return [["link", address], ["open", "a"], ...inner, ["close", "a"]];
}

const LOOKS_LIKE_ADDRESS = new RegExp(`^[${SPACE}]*(?:https?://|mailto:|www\\.)`, "iu");

/**
 * Leave out the punctuation of the sentence around a bare address, and a bracket that was opened before it.
 *
 * @param {string} address
 */
function trimAddress(address) {
  /** @type {{ [bracket: string]: number }} */
  const spare = {
    ")": count(address, ")") - count(address, "("),
    "]": count(address, "]") - count(address, "["),
  };
  let end = address.length;
  for (; end > 0; end -= 1) {
    const last = address[end - 1];
    if (spare[last] > 0) spare[last] -= 1;
    else if (!TRAILING.includes(last)) break;
  }
  return address.slice(0, end);
}

/**
 * @param {string} text
 * @param {string} character
 */
function count(text, character) {
  return text.split(character).length - 1;
}

/** @param {string} address */
function isComplete(address) {
  return address.length > "https://".length;
}

/**
 * Flatten runs, drop empty text, join neighbours, and drop emphasis inside the same emphasis.
 *
 * @param {(Piece | Run)[]} pieces
 * @returns {Piece[]}
 */
function settle(pieces) {
  /** @type {{ [tag: string]: number }} */
  const depth = { em: 0, strong: 0, a: 0 };
  /** @type {Piece[]} */
  const settled = [];
  for (const [kind, value] of pieces.flatMap((piece) => (piece instanceof Run ? piece.pieces() : [piece]))) {
    let shown = value !== "" || kind === "code";
    if (kind === "open") shown = (depth[value] += 1) === 1;
    if (kind === "close") shown = (depth[value] -= 1) === 0;
    const last = settled[settled.length - 1];
    if (kind === "text" && last?.[0] === "text") settled[settled.length - 1] = ["text", last[1] + value];
    else if (shown) settled.push([kind, value]);
  }
  return settled;
}
