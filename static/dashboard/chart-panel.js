/**
 * A chart in its panel: the lines, the values beside their names, what stands under the
 * crosshair, and the same in words and as a table. One of: loading, empty, failed, full.
 */

import { find, setText } from "../chat/dom.js";
import { fill, gettext } from "../chat/i18n.js";
import { ChartData, sampled } from "./chart-data.js";
import { limitWords, words } from "./numbers.js";
import { Plot } from "./plot.js";
import { axisRange, increments, markWords } from "./scale.js";

/** @import uPlot from "uplot" */
/** @import { Board } from "./board.js" */
/** @import { Palette } from "./palette.js" */
/** @import { Range } from "./range.js" */
/** @import { Timeline } from "./timeline.js" */
/** @import { Chart, NumberField } from "./types.d.ts" */

/** Rows of the table: more nobody reads. */
const ROWS = 60;
/** A table that changes while one reads it is of no use. */
const TABLE_EVERY_MS = 5_000;
/** From the crosshair. */
const TIP_GAP = 8;

/**
 * @typedef {object} ChartParts
 * @property {HTMLElement} element
 * @property {Chart} chart
 * @property {readonly NumberField[]} fields Those of the chart.
 * @property {Board} board
 * @property {Timeline} timeline
 * @property {Range} range
 * @property {Palette} palette
 * @property {typeof uPlot} uPlot
 * @property {{ clock: (at: number) => string, exact: (at: number) => string }} times
 * @property {(sentence: string) => void} say
 */

export class ChartPanel {
  /** Off the screen nothing is drawn; its words are kept up to date for who reads them all the same. */
  onScreen = false;
  /** What goes onto the canvas; `paint` does the rest. */
  lines = { isCanvas: true, paint: () => this.#draw() };
  #parts;
  #data;
  #place;
  /** @type {Plot | null} */
  #plot = null;
  #failed = false;
  #tableAt = -Infinity;
  #table;
  #tip;

  /** @param {ChartParts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#data = new ChartData(parts.fields.map(({ name }) => name));
    this.#place = find(parts.element, "[data-chart-plot]");
    this.#table = find(parts.element, "[data-chart-table]");
    this.#tip = find(parts.element, "[data-chart-tip]");
    const toggle = find(parts.element, "[data-chart-toggle]");
    toggle.addEventListener("click", () => this.showTable(toggle.ariaPressed !== "true"));
    this.#place.addEventListener("keydown", (event) => this.#key(event));
    this.#place.addEventListener("blur", () => this.#plot?.point(null));
  }

  /** @param {boolean} failed The history could not be read. */
  set failed(failed) {
    this.#failed = failed;
  }

  /** @param {boolean} shown The table in the place of the lines. */
  showTable(shown) {
    this.#table.hidden = !shown;
    this.#place.hidden = shown;
    find(this.#parts.element, "[data-chart-toggle]").setAttribute("aria-pressed", String(shown));
    this.#tableAt = -Infinity;
    this.fit();
    this.paint();
    this.#draw();
  }

  paint() {
    this.#fill();
    this.#showState();
    this.#describe();
    this.#pointed(this.#plot === null || this.#place.hidden ? null : this.#plot.index);
    if (!this.#table.hidden && performance.now() - this.#tableAt >= TABLE_EVERY_MS) this.#fillTable();
  }

  /** It may have another size. Asked for only then: to ask makes the browser lay out the whole page. */
  fit() {
    if (this.#place.clientWidth > 0) this.#plot?.fit(this.#place);
  }

  /** The theme is another. */
  recolour() {
    this.#plot?.redraw();
  }

  #showState() {
    const { timeline, element } = this.#parts;
    const without = this.#failed ? "failed" : timeline.loaded ? "empty" : "loading";
    element.dataset.state = this.#data.isEmpty ? without : "full";
  }

  #fill() {
    const { timeline, range, board } = this.#parts;
    const { from, to } = range.of(board);
    this.#data.fill(timeline, from, to);
    return { from, to };
  }

  #draw() {
    const { from, to } = this.#fill();
    if (!this.onScreen || this.#data.isEmpty || this.#place.hidden) return;
    this.#plot ??= this.#make();
    this.#plot.draw(this.#data, from, to);
  }

  #make() {
    const { uPlot, palette, chart, fields, times } = this.#parts;
    const { unit } = chart;
    const limits = fields.flatMap((field) => field.limits.map((limit) => ({ ...limit, words: limitWords(limit.value, field) })));
    return new Plot(uPlot, this.#place, {
      reach: (least, most) => axisRange(least, most, { unit, limits }),
      steps: increments(unit, Math.max(...fields.map(({ decimals }) => decimals))),
      marks: (marks) => markWords(marks, unit),
      labels: fields.map(({ label }) => label),
      limits,
      palette,
      times,
      pointed: (index) => this.#pointed(index),
    });
  }

  /** @param {number | null} index The row under the crosshair; null: the values are the latest. */
  #pointed(index) {
    const at = index === null ? undefined : this.#data.columns[0][index];
    this.#parts.fields.forEach((field, n) => {
      const value = at === undefined || index === null ? this.#data.summaries[n].latest : this.#data.columns[n + 1][index];
      setText(find(this.#parts.element, `[data-chart-value="${n}"]`), words(value, field.unit, field.decimals));
    });
    this.#tip.hidden = at === undefined || this.#plot === null;
    if (at !== undefined && this.#plot !== null) this.#showTip(this.#plot, at);
  }

  /**
   * Beside the crosshair, on the side where there is more room.
   *
   * @param {Plot} plot
   * @param {number} at
   */
  #showTip(plot, at) {
    setText(find(this.#tip, "[data-tip-time]"), this.#parts.times.exact(at));
    for (const place of this.#tip.querySelectorAll("[data-tip-value]")) {
      const n = place.getAttribute("data-tip-value");
      setText(place, find(this.#parts.element, `[data-chart-value="${n}"]`).innerText);
    }
    const { left, width } = plot.place;
    const isLeft = left > width / 2;
    this.#tip.style.insetInlineStart = isLeft ? "auto" : `${Math.round(left + TIP_GAP)}px`;
    this.#tip.style.insetInlineEnd = isLeft ? `${Math.round(width - left + TIP_GAP)}px` : "auto";
  }

  /** In words, for who cannot see it. */
  #describe() {
    const told = this.#parts.fields.map(({ label, unit, decimals }, n) => {
      const { latest, least, most } = this.#data.summaries[n];
      const values = [latest, least, most].map((value) => words(value, unit, decimals));
      return fill(gettext("%(label)s: latest %(latest)s, least %(least)s, most %(most)s."), {
        label,
        latest: values[0],
        least: values[1],
        most: values[2],
      });
    });
    const range = fill(gettext("The last %(minutes)s minutes."), { minutes: this.#parts.range.minutes });
    setText(find(this.#parts.element, "[data-chart-words]"), [range, ...told].join(" "));
  }

  #fillTable() {
    this.#tableAt = performance.now();
    const rows = sampled(this.#data.length, ROWS).map((n) => this.#row(n));
    find(this.#table, "tbody").replaceChildren(...rows);
  }

  /** @param {number} n */
  #row(n) {
    const row = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = this.#parts.times.exact(this.#data.columns[0][n]);
    const cells = this.#parts.fields.map((field, series) => {
      const cell = document.createElement("td");
      cell.textContent = words(this.#data.columns[series + 1][n], field.unit, field.decimals);
      return cell;
    });
    row.append(head, ...cells);
    return row;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { length } = this.#data;
    const now = this.#plot?.index ?? length;
    const target = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: length - 1 }[event.key];
    if (this.#plot === null || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") this.#plot.point(null);
    if (target === undefined || length === 0) return;
    event.preventDefault();
    const index = Math.min(Math.max(target, 0), length - 1);
    this.#plot.point(index);
    this.#parts.say(this.#sentence(index));
  }

  /** @param {number} index */
  #sentence(index) {
    const values = this.#parts.fields.map(
      ({ label, unit, decimals }, n) => `${label} ${words(this.#data.columns[n + 1][index], unit, decimals)}`,
    );
    return `${this.#parts.times.exact(this.#data.columns[0][index])}: ${values.join(", ")}`;
  }
}
