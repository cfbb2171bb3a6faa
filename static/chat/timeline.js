/**
 * The messages on the page: a window of at most WINDOW_MAX rows over what is known,
 * however much that is. It follows the end while the reader is there; near its edges it
 * moves on, over what is held first, then over what the server has.
 */

import { find, setText } from "./dom.js";
import { fill, gettext, ngettext } from "./i18n.js";
import { rowsOf } from "./rows.js";

/** @import { Message, User } from "../realtime/types.d.ts" */
/** @import { RoomLog } from "./room-log.js" */
/** @import { RowList } from "./row-list.js" */
/** @import { Scroller } from "./scroller.js" */
/** @import { Reading } from "./reading.js" */
/** @import { TimeWords } from "./time.js" */

/** A screen of 2,400 px and as much above and below it still fits, in one-line rows. */
const WINDOW_MAX = 260;
/** What following the end keeps, and by how much a window moves. */
const WINDOW_FOLLOWING = 120;
const STEP = 60;
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
  /** posted_seq of the first and last message in the window; null last: up to the end. */
  #first = 0;
  /** @type {number | null} */
  #last = null;
  #scheduled = false;
  /** The row to show when its messages have been drawn. @type {number | null} */
  #wanted = null;

  /**
   * @param {object} parts
   * @param {HTMLElement} parts.root
   * @param {RoomLog} parts.log
   * @param {RowList} parts.list
   * @param {Scroller} parts.scroller
   * @param {Reading} parts.reading
   * @param {TimeWords} parts.words
   * @param {User} parts.me
   */
  constructor({ root, log, list, scroller, reading, words, me }) {
    this.#root = root;
    this.#log = log;
    this.#list = list;
    this.#scroller = scroller;
    this.#reading = reading;
    this.#words = words;
    this.#me = me;
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
    this.#last = null;
    this.#scroller.toEnd();
    this.draw();
  }

  /**
   * Go to one message and mark it for a moment.
   *
   * @param {number} id
   * @returns {Promise<void>} Rejects with ApiError if it can't be had.
   */
  async toMessage(id) {
    await this.#log.lookAround(id);
    this.#wanted = id;
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
    const [start, end] = wanted < 0 ? this.#window(messages) : this.#around(messages, wanted);
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
    return this.#scroller.stuck && this.#last === null && !this.#log.hasNewer;
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

  /**
   * The window as it stands, in indexes: messages may have come or gone at both ends.
   *
   * @param {readonly Message[]} messages
   * @returns {[number, number]}
   */
  #window(messages) {
    const last = this.#last;
    let end = last === null ? messages.length : indexAfter(messages, last);
    let start = indexAfter(messages, this.#first - 1);
    if (this.#following) {
      if (end - start > WINDOW_MAX || start === end) start = Math.max(0, end - WINDOW_FOLLOWING);
    } else if (end - start > WINDOW_MAX) {
      end = start + WINDOW_MAX;
    }
    return this.#setWindow(messages, start, end);
  }

  /**
   * @param {readonly Message[]} messages
   * @param {number} index
   * @returns {[number, number]}
   */
  #around(messages, index) {
    return this.#setWindow(messages, Math.max(0, index - STEP), Math.min(messages.length, index + STEP));
  }

  /**
   * @param {readonly Message[]} messages
   * @param {number} start
   * @param {number} end
   * @returns {[number, number]}
   */
  #setWindow(messages, start, end) {
    this.#first = start === 0 ? 0 : messages[start].posted_seq;
    this.#last = end === messages.length ? null : messages[end - 1].posted_seq;
    return [start, end];
  }

  /** Near an edge: widen the window there and cut it at the other, or ask the server for more. */
  #moveOn() {
    const { messages } = this.#log;
    const start = indexAfter(messages, this.#first - 1);
    const end = this.#last === null ? messages.length : indexAfter(messages, this.#last);
    // In a view taller than the window, both edges are near: each gets its share, or the window would run away.
    const ahead = Math.min(AHEAD_PX, (this.#scroller.above + this.#scroller.below) / 3);
    if (this.#scroller.above <= ahead) {
      if (start > 0) this.#move(messages, Math.max(0, start - STEP), Math.min(end, start - STEP + WINDOW_MAX));
      else if (this.#log.hasOlder && this.#log.older === "idle") void this.#log.loadOlder();
    } else if (this.#scroller.below <= ahead) {
      if (end < messages.length) {
        const further = Math.min(messages.length, end + STEP);
        this.#move(messages, Math.max(start, further - WINDOW_MAX), further);
      } else if (this.#log.hasNewer && this.#log.newer === "idle") {
        void this.#log.loadNewer();
      }
    }
  }

  /**
   * @param {readonly Message[]} messages
   * @param {number} start
   * @param {number} end
   */
  #move(messages, start, end) {
    this.#setWindow(messages, start, end);
    this.schedule();
  }

  /**
   * @param {number} start
   * @param {number} count
   */
  #drawEdges(start, count) {
    const { hasOlder, hasNewer, older, newer } = this.#log;
    this.#drawEdge("older", hasOlder || start > 0, older);
    this.#drawEdge("newer", hasNewer || this.#last !== null, newer);
    find(this.#root, "[data-timeline-start]").hidden = hasOlder || start > 0;
    const empty = count === 0 && !hasOlder && this.#log.entries.length === 0;
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
    jump.hidden = this.#following || (unseen === 0 && this.#last === null && this.#scroller.below < this.#scroller.height);
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

/**
 * @param {readonly Message[]} messages Sorted by place.
 * @param {number} postedSeq
 * @returns {number} The index of the first one after this place.
 */
function indexAfter(messages, postedSeq) {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (messages[middle].posted_seq <= postedSeq) low = middle + 1;
    else high = middle;
  }
  return low;
}
