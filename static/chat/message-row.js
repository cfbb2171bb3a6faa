/**
 * One message in the list. What it looks like stands in templates/chat/message.html;
 * this fills the blanks, in a fresh copy or in a row the server wrote, and later
 * writes only what changed.
 */

import { initialsOf, tintOf } from "./avatar.js";
import { find, fromTemplate, setText } from "./dom.js";
import { fill, gettext } from "./i18n.js";
import { renderMarkup } from "./markup/render.js";

/** @import { MessageRow as Row } from "./types.d.ts" */
/** @import { TimeWords } from "./time.js" */

export class MessageRow {
  /** @type {Row | null} */
  row = null;
  #parts;
  #words;
  #permalink;
  /** What the text was drawn from: drawing it again would lose a selection. @type {string | null} */
  #drawn = null;

  /**
   * @param {HTMLElement} node
   * @param {TimeWords} words
   * @param {(id: number) => string} permalink
   */
  constructor(node, words, permalink) {
    this.node = node;
    this.#words = words;
    this.#permalink = permalink;
    const part = (/** @type {string} */ name) => find(node, `[data-field="${name}"]`);
    this.#parts = {
      avatar: part("avatar"),
      author: part("author"),
      permalink: part("permalink"),
      time: part("time"),
      text: part("text"),
      edited: part("edited"),
      sending: part("sending"),
    };
  }

  /**
   * @param {TimeWords} words
   * @param {(id: number) => string} permalink
   */
  static create(words, permalink) {
    return new MessageRow(fromTemplate("message-template"), words, permalink);
  }

  /** @param {Row} row */
  update(row) {
    // A row of the server's has its text already; the same seq means the same text.
    if (this.row === null && this.node.dataset.seq === String(row.seq)) this.#drawn = drawingOf(row);
    const before = this.row;
    this.row = row;
    if (before?.author.id !== row.author.id || before.author.name !== row.author.name) this.#drawAuthor(row);
    if (before?.createdAt !== row.createdAt || before.id !== row.id) this.refreshTime();
    this.#drawText(row);
    this.#drawMarks(row);
    if (before?.entry !== row.entry) this.#drawFault(row);
  }

  /** Relative times age. */
  refreshTime() {
    if (this.row === null) return;
    const at = Date.parse(this.row.createdAt);
    const { time, permalink } = this.#parts;
    setText(time, this.#words.clock(at));
    time.setAttribute("datetime", this.row.createdAt);
    permalink.title = this.#words.full(at);
    permalink.setAttribute("aria-label", `${this.#words.clock(at)}, ${this.#words.relative(at, Date.now())}`);
    if (this.row.id !== null) permalink.setAttribute("href", this.#permalink(this.row.id));
  }

  /** @param {Row} row */
  #drawAuthor({ author }) {
    setText(this.#parts.author, author.name);
    setText(this.#parts.avatar, initialsOf(author.name));
    this.#parts.avatar.dataset.tint = String(tintOf(author.id));
  }

  /** @param {Row} row */
  #drawText(row) {
    const drawing = drawingOf(row);
    if (drawing === this.#drawn) return;
    this.#drawn = drawing;
    this.#parts.text.replaceChildren(row.text === null ? goneNode() : renderMarkup(row.text));
  }

  /** @param {Row} row */
  #drawMarks(row) {
    const { node } = this;
    const { edited, sending } = this.#parts;
    node.dataset.state = row.status;
    node.toggleAttribute("data-compact", row.compact);
    edited.hidden = !row.edited;
    sending.hidden = row.status !== "sending";
    if (row.id === null) return;
    node.id = `message-${row.id}`;
    node.dataset.id = String(row.id);
    node.dataset.seq = String(row.seq);
  }

  /** @param {Row} row */
  #drawFault(row) {
    this.node.querySelector(".message__fault")?.remove();
    if (row.status !== "failed" || row.error === null) return;
    const fault = fromTemplate("fault-template");
    setText(find(fault, "[data-field=reason]"), fill(faultSentence(row), { reason: row.error.message }));
    this.node.append(fault);
  }
}

/** @param {Row} row */
function drawingOf({ text }) {
  return text === null ? "gone" : `text ${text}`;
}

/** @param {Row} row */
function faultSentence({ entry }) {
  if (entry?.event === "message.edit") return gettext("The change was not saved: %(reason)s");
  if (entry?.event === "message.delete") return gettext("It was not deleted: %(reason)s");
  return gettext("Not sent: %(reason)s");
}

function goneNode() {
  const gone = document.createElement("p");
  gone.className = "message__gone";
  gone.textContent = gettext("Message deleted");
  return gone;
}
