/**
 * How the values are, in the bar: live, paused, or how old; and above the panels the
 * whole sentence where something is wrong.
 */

import { find, setText } from "../chat/dom.js";
import { fill, gettext, ngettext } from "../chat/i18n.js";
import { badgeWords, isStale, staleSentence, staleness, toneOf } from "./staleness.js";

/** @import { Board } from "./board.js" */

export class Status {
  #root;
  #badge;
  #words;
  #notice;
  #alone;
  #board;
  #isConnected;
  #announce;
  #said = "";

  /**
   * @param {HTMLElement} root
   * @param {Board} board
   * @param {() => boolean} isConnected
   * @param {(sentence: string) => void} announce
   */
  constructor(root, board, isConnected, announce) {
    this.#root = root;
    this.#board = board;
    this.#isConnected = isConnected;
    this.#announce = announce;
    this.#badge = find(document, "[data-live]");
    this.#words = find(document, "[data-live-words]");
    this.#notice = find(root, "[data-stale-notice]");
    this.#alone = find(root, "[data-alone-notice]");
  }

  draw() {
    const found = staleness(this.#board.live, this.#board.now, this.#isConnected());
    const stale = isStale(found);
    this.#badge.dataset.live = this.#board.paused ? "paused" : toneOf(found);
    setText(this.#words, this.#board.paused ? pausedWords(this.#board.missed) : badgeWords(found));
    this.#root.toggleAttribute("data-stale", stale);
    this.#notice.hidden = !stale;
    if (stale) setText(find(this.#notice, "[data-stale-words]"), staleSentence(found));
    this.#notice.title = this.#board.live.stale?.detail ?? "";
    this.#alone.hidden = !this.#board.live.alone;
    this.#say(stale ? found.kind : "", staleSentence(found));
  }

  /**
   * Once, not with every second.
   *
   * @param {string} kind
   * @param {string} words
   */
  #say(kind, words) {
    if (kind === this.#said) return;
    this.#announce(kind === "" ? gettext("The values are live again.") : words);
    this.#said = kind;
  }
}

/** @param {number} missed */
function pausedWords(missed) {
  if (missed === 0) return gettext("Paused");
  return fill(ngettext("Paused · %(count)s update", "Paused · %(count)s updates", missed), { count: missed });
}
