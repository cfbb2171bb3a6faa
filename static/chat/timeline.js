/**
 * The messages on the page: a window of rows over what is known. It follows the end
 * while the reader is there; near its edges it moves on, over what is held first, then
 * over what the server has.
 */

import { find, setText } from "./dom.js";
import { fill, gettext, ngettext } from "./i18n.js";
import { MessageWindow } from "./message-window.js";
import { rowsOf } from "./rows.js";

/** @import { Message, User } from "../realtime/types.d.ts" */
/** @import { RoomLog } from "./room-log.js" */
/** @import { RowList } from "./row-list.js" */
/** @import { Scroller } from "./scroller.js" */
/** @import { Reading } from "./reading.js" */
/** @import { TimeWords } from "./time.js" */

/** Nearer to an edge than this, there should be more beyond it. */
const AHEAD_PX = 700;
const MINUTE_MS = 60_000;
const FOUND_MS = 4000;

export class Timeline {
  #root;
  #log;
  #list;
  #scroller;
  #reading;
  #words;
  #me;
  #window = new MessageWindow();
  #scheduled = false;
  /** The message to show once it can be drawn; null: none. @type {number | null} */
  #wanted;

  /**
   * @param {object} parts
   * @param {HTMLElement} parts.root
   * @param {RoomLog} parts.log
   * @param {RowList} parts.list
   * @param {Scroller} parts.scroller
   * @param {Reading} parts.reading
   * @param {TimeWords} parts.words
   * @param {User} parts.me
   * @param {number | null} parts.wanted The message the page was opened for, if it was for one.
   */
  constructor({ root, log, list, scroller, reading, words, me, wanted }) {
    this.#root = root;
    this.#log = log;
    this.#list = list;
    this.#scroller = scroller;
    this.#reading = reading;
    this.#words = words;
    this.#me = me;
    this.#wanted = wanted;
    this.#listen();
    this.draw();
  }

  /** Whether the newest messages are in view of somebody. */
  get seeing() {
    return this.#following && document.visibilityState === "visible";
  }

  /** Go to the newest. */
  async toEnd() {
    await this.#log.lookAtLatest();
    this.#window.toEnd();
    this.#scroller.toEnd();
    this.draw();
  }

  /** Draw at the next frame, once, however often it is asked for. */
  schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const draw = () => {
      if (!this.#scheduled) return;
      this.#scheduled = false;
      this.draw();
    };
    if (document.visibilityState === "visible") requestAnimationFrame(draw);
    // A hidden page gets no frames.
    else setTimeout(draw, 250);
  }

  draw() {
    const { messages } = this.#log;
    const wanted = this.#wanted === null ? -1 : messages.findIndex(({ id }) => id === this.#wanted);
    const following = this.#following && wanted < 0;
    const [start, end] = wanted < 0 ? this.#window.span(messages, { following }) : this.#window.around(messages, wanted);
    this.#reading.update({ lastNo: this.#log.lastNo, seeing: this.seeing });
    this.#scroller.keep(() => {
      this.#list.show(this.#rows(messages, start, end));
      this.#drawEdges(start, messages.length);
    });
    if (wanted >= 0) this.#reveal();
    this.#drawJump();
    if (this.#following) this.#log.trim();
    this.#moveOn();
  }

  get #following() {
    return this.#scroller.stuck && this.#window.atEnd && !this.#log.hasNewer;
  }

  #listen() {
    this.#log.addEventListener("change", () => this.schedule());
    const box = find(this.#root, "[data-timeline-scroll]");
    box.addEventListener("scroll", () => this.#moved(), { passive: true });
    document.addEventListener("visibilitychange", () => this.#attention());
    find(this.#root, "[data-jump]").addEventListener("click", () => void this.toEnd());
    const retry = (/** @type {string} */ edge) => find(this.#root, `[data-timeline-${edge}] [data-retry]`);
    retry("older").addEventListener("click", () => void this.#log.loadOlder());
    retry("newer").addEventListener("click", () => void this.#log.loadNewer());
    setInterval(() => this.#list.refreshTimes(), MINUTE_MS);
  }

  #attention() {
    if (document.visibilityState === "hidden") this.#reading.leave();
    this.schedule();
  }

  #moved() {
    this.#drawJump();
    if (this.seeing) this.#reading.update({ lastNo: this.#log.lastNo, seeing: true });
    this.#moveOn();
  }

  /**
   * @param {readonly Message[]} messages
   * @param {number} start
   * @param {number} end
   */
  #rows(messages, start, end) {
    return rowsOf({
      messages: messages.slice(start, end),
      previous: messages[start - 1] ?? null,
      entries: this.#log.entries,
      withPending: end === messages.length && !this.#log.hasNewer,
      me: this.#me,
      newAfter: this.#reading.newAfter,
      dayKey: this.#words.dayKey,
    });
  }

  /** Near an edge: move the window over what is held there, or ask the server for more. */
  #moveOn() {
    const { messages } = this.#log;
    // In a view taller than the window, both edges are near: each gets its share, or the window would run away.
    const ahead = Math.min(AHEAD_PX, (this.#scroller.above + this.#scroller.below) / 3);
    if (this.#scroller.above <= ahead) {
      if (this.#window.moveUp(messages)) this.schedule();
      else if (this.#log.hasOlder && this.#log.older === "idle") void this.#log.loadOlder();
    } else if (this.#scroller.below <= ahead) {
      if (this.#window.moveDown(messages)) this.schedule();
      else if (this.#log.hasNewer && this.#log.newer === "idle") void this.#log.loadNewer();
    }
  }

  /**
   * @param {number} start
   * @param {number} count
   */
  #drawEdges(start, count) {
    const { hasOlder, hasNewer, older, newer } = this.#log;
    this.#drawEdge("older", hasOlder || start > 0, older);
    this.#drawEdge("newer", hasNewer || !this.#window.atEnd, newer);
    const empty = count === 0 && !hasOlder && this.#log.entries.length === 0;
    find(this.#root, "[data-timeline-start]").hidden = empty || hasOlder || start > 0;
    find(this.#root, "[data-timeline-empty]").hidden = !empty;
  }

  /**
   * @param {"older" | "newer"} name
   * @param {boolean} more
   * @param {string} loading
   */
  #drawEdge(name, more, loading) {
    const edge = find(this.#root, `[data-timeline-${name}]`);
    edge.hidden = !more;
    edge.toggleAttribute("data-busy", loading === "busy");
    edge.toggleAttribute("data-failed", loading === "failed");
    find(edge, ".timeline__fault").hidden = loading !== "failed";
  }

  #drawJump() {
    const jump = find(this.#root, "[data-jump]");
    const { unseen } = this.#reading;
    const near = this.#window.atEnd && !this.#log.hasNewer && this.#scroller.below < this.#scroller.height;
    jump.hidden = this.#following || (unseen === 0 && near);
    jump.toggleAttribute("data-new", unseen > 0);
    setText(find(jump, "[data-jump-text]"), jumpText(unseen));
  }

  #reveal() {
    const node = document.getElementById(`message-${this.#wanted}`);
    this.#wanted = null;
    if (node === null) return;
    this.#scroller.toRow(node);
    node.dataset.found = "";
    node.focus({ preventScroll: true });
    setTimeout(() => delete node.dataset.found, FOUND_MS);
  }
}

/** @param {number} unseen */
function jumpText(unseen) {
  if (unseen === 0) return gettext("To the newest");
  return fill(ngettext("%(count)s new", "%(count)s new", unseen), { count: unseen });
}
