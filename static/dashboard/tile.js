/**
 * One value, large: what it is now, how it moved over the range, and its small line.
 */

import { find, setText } from "../chat/dom.js";
import { fill, gettext } from "../chat/i18n.js";
import { difference, parts, words } from "./numbers.js";
import { sparkPath } from "./spark.js";

/** @import { Board } from "./board.js" */
/** @import { Range } from "./range.js" */
/** @import { Timeline } from "./timeline.js" */
/** @import { NumberField, WordField } from "./types.d.ts" */

/**
 * @typedef {object} TileParts
 * @property {HTMLElement} element
 * @property {NumberField | WordField} field
 * @property {Board} board
 * @property {Timeline} timeline
 * @property {Range} range
 * @property {{ moment: (at: number) => string }} times
 */

export class Tile {
  #parts;
  #field;
  #element;
  #number;
  #unit;

  /** @param {TileParts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#field = parts.field;
    this.#element = parts.element;
    this.#number = find(parts.element, "[data-tile-number]");
    this.#unit = find(parts.element, "[data-tile-unit]");
  }

  paint() {
    const { board, field } = this.#parts;
    const value = board.shown.state[field.name] ?? null;
    this.#element.toggleAttribute("data-unknown", value === null);
    if (field.kind === "number") this.#paintNumber(field, value);
    else setText(this.#number, this.#wordsOf(value));
    this.#paintAlert();
  }

  /** @param {any} value */
  #wordsOf(value) {
    if (value === null || value === "") return "–";
    return this.#field.kind === "time" ? this.#parts.times.moment(value) : String(value);
  }

  /**
   * @param {NumberField} field
   * @param {number | null} value
   */
  #paintNumber(field, value) {
    const shown = parts(value, field.unit, field.decimals);
    setText(this.#number, shown.number);
    setText(this.#unit, shown.unit);
    const { timeline, range, board } = this.#parts;
    const { from, to } = range.of(board);
    const window = timeline.window(from, to);
    const values = timeline.values(field.name, window);
    this.#paintDelta(field, values.find((known) => !Number.isNaN(known)), value);
    const path = this.#element.querySelector("[data-tile-line]");
    path?.setAttribute("d", sparkPath(timeline.times(window), values, from, to));
  }

  /**
   * @param {NumberField} field
   * @param {number | undefined} before
   * @param {number | null} now
   */
  #paintDelta(field, before, now) {
    const delta = find(this.#element, "[data-tile-delta]");
    const moved = difference(before, now, field.unit, field.decimals);
    setText(delta, moved);
    delta.dataset.tone = moved === "" || field.better === null ? "none" : moved.startsWith("+") === (field.better === "high") ? "good" : "bad";
    if (moved === "" || before === undefined) return delta.removeAttribute("title");
    const was = words(before, field.unit, field.decimals);
    delta.title = fill(gettext("%(value)s at the beginning of the range"), { value: was });
  }

  #paintAlert() {
    const alert = this.#parts.board.live.alerts.find(({ field }) => field === this.#field.name);
    if (alert === undefined) delete this.#element.dataset.severity;
    else this.#element.dataset.severity = alert.severity;
    find(this.#element, "[data-tile-alert]").hidden = alert === undefined;
  }
}
