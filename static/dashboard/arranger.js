/**
 * Moving, hiding and bringing back panels: by a handle that is dragged or takes the arrow
 * keys. What comes of it is kept for the user, whatever browser they come with.
 */

import { find, setText } from "../chat/dom.js";
import { fill, gettext } from "../chat/i18n.js";
import { groupOf, ordered, placed, stepped } from "./arrangement.js";

/** @import { Arrangement } from "./types.d.ts" */

/** Several moves in a row are kept once. */
const KEEP_AFTER_MS = 600;

/**
 * @typedef {object} ArrangerParts
 * @property {HTMLElement} root Holds the groups, `data-group`, with the panels, `data-panel`.
 * @property {Arrangement} arrangement As the server rendered it.
 * @property {(arrangement: Arrangement) => Promise<unknown>} keep
 * @property {(sentence: string) => void} tell
 * @property {() => void} changed Panels are elsewhere, gone or back.
 */

export class Arranger {
  #parts;
  /** As the source has them. */
  #ids;
  /** @type {string[]} */
  #order;
  /** @type {string[]} */
  #hidden;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #isOn = false;
  /** The panel under the finger. @type {string | null} */
  #dragged = null;

  /** @param {ArrangerParts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#ids = JSON.parse(find(parts.root, "[data-panel-ids]").dataset.panelIds ?? "[]");
    this.#order = ordered(this.#ids, parts.arrangement);
    this.#hidden = parts.arrangement.hidden.filter((id) => this.#ids.includes(id));
    for (const panel of this.#panels()) this.#listen(panel);
    find(parts.root, "[data-arrange-reset]").addEventListener("click", () => this.#reset());
    find(parts.root, "[data-arrange-done]").addEventListener("click", () => this.toggle());
    this.#show();
  }

  get isOn() {
    return this.#isOn;
  }

  toggle() {
    this.#isOn = !this.#isOn;
    this.#parts.root.toggleAttribute("data-arranging", this.#isOn);
    for (const button of document.querySelectorAll("[data-arrange]")) button.setAttribute("aria-pressed", String(this.#isOn));
    this.#show();
    if (this.#isOn) find(this.#parts.root, "[data-arrange-done]").focus();
    this.#parts.changed();
  }

  /** @param {HTMLElement} panel */
  #listen(panel) {
    const id = panel.dataset.panel ?? "";
    const handle = find(panel, "[data-panel-handle]");
    handle.addEventListener("keydown", (event) => this.#key(event, id, handle));
    handle.addEventListener("pointerdown", (event) => this.#drag(event, id, handle));
    find(panel, "[data-panel-hide]").addEventListener("click", () => this.#hide(id));
  }

  /**
   * @param {KeyboardEvent} event
   * @param {string} id
   * @param {HTMLElement} handle
   */
  #key(event, id, handle) {
    const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    this.#reorder(stepped(this.#order, id, by, this.#hidden));
    handle.focus();
    const group = this.#order.filter((other) => groupOf(other) === groupOf(id) && !this.#hidden.includes(other));
    const place = { panel: this.#label(id), place: group.indexOf(id) + 1, count: group.length };
    this.#parts.tell(fill(gettext("%(panel)s: place %(place)s of %(count)s"), place));
  }

  /**
   * @param {PointerEvent} event
   * @param {string} id
   * @param {HTMLElement} handle
   */
  #drag(event, id, handle) {
    if (event.button !== 0) return;
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    handle.focus();
    this.#dragged = id;
    this.#panel(id)?.setAttribute("data-dragged", "");
    const over = (/** @type {PointerEvent} */ { clientX, clientY }) => this.#over(id, clientX, clientY);
    const end = () => {
      this.#dragged = null;
      this.#panel(id)?.removeAttribute("data-dragged");
      handle.removeEventListener("pointermove", over);
      this.#parts.changed();
    };
    handle.addEventListener("pointermove", over);
    handle.addEventListener("lostpointercapture", end, { once: true });
  }

  /**
   * @param {string} id
   * @param {number} x
   * @param {number} y
   */
  #over(id, x, y) {
    const target = document.elementFromPoint(x, y)?.closest("[data-panel]");
    if (!(target instanceof HTMLElement) || target.dataset.panel === undefined || target.dataset.panel === id) return;
    const other = target.dataset.panel;
    const isLater = this.#order.indexOf(other) > this.#order.indexOf(id);
    // Only past its middle: two panels of different size would change places for ever.
    const { left, width, top, height } = target.getBoundingClientRect();
    const past = isLater ? x > left + width / 3 && y > top + height / 3 : x < left + (2 * width) / 3 && y < top + (2 * height) / 3;
    if (past) this.#reorder(placed(this.#order, id, other, isLater));
  }

  /** @param {string} id */
  #hide(id) {
    this.#hidden = [...this.#hidden, id];
    this.#parts.tell(fill(gettext("%(panel)s is hidden."), { panel: this.#label(id) }));
    this.#changed();
    find(this.#parts.root, `[data-hidden-list] [data-bring="${CSS.escape(id)}"]`).focus();
  }

  /** @param {string} id */
  #bring(id) {
    this.#hidden = this.#hidden.filter((other) => other !== id);
    this.#parts.tell(fill(gettext("%(panel)s is shown."), { panel: this.#label(id) }));
    this.#changed();
    const panel = this.#panel(id);
    if (panel !== null) find(panel, "[data-panel-handle]").focus();
  }

  #reset() {
    this.#order = [...this.#ids];
    this.#hidden = [];
    this.#parts.tell(gettext("Everything is where it was at first."));
    this.#changed();
  }

  /** @param {string[]} order */
  #reorder(order) {
    if (order.join() === this.#order.join()) return;
    this.#order = order;
    this.#changed();
  }

  #changed() {
    this.#show();
    if (this.#dragged === null) this.#parts.changed();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#keep(), KEEP_AFTER_MS);
  }

  async #keep() {
    try {
      await this.#parts.keep({ order: this.#order, hidden: this.#hidden });
    } catch {
      this.#parts.tell(gettext("The arrangement could not be kept. It holds until you leave the page."));
    }
  }

  #show() {
    for (const group of this.#parts.root.querySelectorAll("[data-group]")) {
      const ids = this.#order.filter((id) => groupOf(id) === group.getAttribute("data-group"));
      ids.forEach((id, place) => {
        const panel = this.#panel(id);
        if (panel === null) return;
        panel.hidden = this.#hidden.includes(id);
        // Only what has to: a panel that is moved loses the focus and the pointer.
        if (group.children[place] !== panel) group.insertBefore(panel, group.children[place]);
      });
      group.closest("[data-group-section]")?.toggleAttribute("hidden", ids.every((id) => this.#hidden.includes(id)));
    }
    this.#showHidden();
  }

  #showHidden() {
    const list = find(this.#parts.root, "[data-hidden-list]");
    list.replaceChildren(...this.#hidden.map((id) => this.#bringButton(id)));
    find(this.#parts.root, "[data-hidden-none]").hidden = this.#hidden.length > 0;
    const emptyBoard = this.#ids.length > 0 && this.#ids.every((/** @type {string} */ id) => this.#hidden.includes(id));
    find(this.#parts.root, "[data-all-hidden]").hidden = !emptyBoard || this.#isOn;
  }

  /** @param {string} id */
  #bringButton(id) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--small";
    button.dataset.bring = id;
    setText(button, fill(gettext("Show %(panel)s"), { panel: this.#label(id) }));
    button.addEventListener("click", () => this.#bring(id));
    item.append(button);
    return item;
  }

  /** @param {string} id */
  #label(id) {
    return this.#panel(id)?.dataset.label ?? id;
  }

  /** @param {string} id */
  #panel(id) {
    const panel = this.#parts.root.querySelector(`[data-panel="${CSS.escape(id)}"]`);
    return panel instanceof HTMLElement ? panel : null;
  }

  #panels() {
    return [...this.#parts.root.querySelectorAll("[data-panel]")].filter((panel) => panel instanceof HTMLElement);
  }
}
