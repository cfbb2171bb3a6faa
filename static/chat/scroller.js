/**
 * The scrolling box: sticks to the end while it is there, and otherwise keeps what is
 * looked at where it is, whatever is put in or taken out above it or below it.
 */

/** Nearer than this to the end is at the end; fractions of pixels and a finger's tremble must not unstick it. */
const NEAR_PX = 32;
/** More than one row is remembered, because the first may be the one that goes. */
const ANCHORS = 8;

export class Scroller {
  #box;
  #list;
  #stuck = true;
  #observer;

  /**
   * @param {HTMLElement} box
   * @param {HTMLElement} list Its children are the rows.
   */
  constructor(box, list) {
    this.#box = box;
    this.#list = list;
    box.addEventListener("scroll", this.#scrolled, { passive: true });
    // The keyboard opens, the composer grows, the window is resized.
    this.#observer = new ResizeObserver(() => this.#settle());
    this.#observer.observe(box);
    this.#observer.observe(list);
  }

  /** Whether it follows the end. */
  get stuck() {
    return this.#stuck;
  }

  get above() {
    return this.#box.scrollTop;
  }

  get below() {
    return this.#box.scrollHeight - this.#box.clientHeight - this.#box.scrollTop;
  }

  get height() {
    return this.#box.clientHeight;
  }

  /**
   * Change the rows without moving what is looked at.
   *
   * @param {() => void} change
   */
  keep(change) {
    const anchors = this.#stuck ? [] : this.#anchors();
    change();
    if (this.#stuck) {
      this.toEnd();
      return;
    }
    const anchor = anchors.find(({ node }) => node.isConnected);
    if (anchor !== undefined) this.#box.scrollTop += this.#top(anchor.node) - anchor.top;
  }

  toEnd() {
    this.#stuck = true;
    this.#box.scrollTop = this.#box.scrollHeight;
  }

  /**
   * @param {HTMLElement} node A row, to be shown a third from the top.
   */
  toRow(node) {
    this.#stuck = false;
    this.#box.scrollTop += this.#top(node) - this.#box.clientHeight / 3;
    this.#scrolled();
  }

  close() {
    this.#box.removeEventListener("scroll", this.#scrolled);
    this.#observer.disconnect();
  }

  #scrolled = () => {
    this.#stuck = this.below < NEAR_PX;
  };

  #settle() {
    if (this.#stuck) this.#box.scrollTop = this.#box.scrollHeight;
  }

  /** The first rows in view, and how far from the top of the box each is. */
  #anchors() {
    const anchors = [];
    for (const node of this.#list.children) {
      if (anchors.length === ANCHORS) break;
      // Heads of days come and go with what is put above them; messages stay.
      if (node.matches(".message") && node.getBoundingClientRect().bottom > this.#box.getBoundingClientRect().top) {
        anchors.push({ node, top: this.#top(node) });
      }
    }
    return anchors;
  }

  /** @param {Element} node */
  #top(node) {
    return node.getBoundingClientRect().top - this.#box.getBoundingClientRect().top;
  }
}
