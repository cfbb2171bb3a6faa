/**
 * All panels of the page: made from the elements the server wrote, and marked for drawing
 * when a field of theirs changed. Lines are drawn only where they are on the screen.
 */

import { find } from "../chat/dom.js";
import { ChartPanel } from "./chart-panel.js";
import { CountsPanel } from "./counts-panel.js";
import { moments } from "./moments.js";
import { TablePanel } from "./table-panel.js";
import { Tile } from "./tile.js";

/** @import uPlot from "uplot" */
/** @import { Board } from "./board.js" */
/** @import { Palette } from "./palette.js" */
/** @import { Job, Painter } from "./painter.js" */
/** @import { Range } from "./range.js" */
/** @import { Timeline } from "./timeline.js" */
/** @import { Field, NumberField } from "./types.d.ts" */

/**
 * @typedef {object} PanelsParts
 * @property {HTMLElement} root
 * @property {Board} board
 * @property {Timeline} timeline
 * @property {Range} range
 * @property {Palette} palette
 * @property {Painter} painter
 * @property {typeof uPlot} uPlot
 * @property {(sentence: string) => void} say
 */

/** @param {PanelsParts} parts */
export function makePanels(parts) {
  return new Panels(parts);
}

class Panels {
  #parts;
  #times = moments(document.documentElement.lang);
  /** @type {Map<Job, readonly string[]>} */
  #fieldsOf = new Map();
  /** By their elements. @type {Map<Element, ChartPanel>} */
  #charts = new Map();
  #isTables = false;

  /** @param {PanelsParts} parts */
  constructor(parts) {
    this.#parts = parts;
    // A little early, so that nobody sees an old picture when scrolling.
    const onScreen = new IntersectionObserver((entries) => this.#seen(entries), { rootMargin: "120px" });
    const resized = new ResizeObserver((entries) => {
      for (const { target } of entries) this.#resized(target);
    });
    const { fields, charts } = parts.board.live;
    for (const field of fields) this.#makeField(field);
    for (const chart of charts) {
      const own = fields.filter((field) => field.kind === "number" && chart.fields.includes(field.name));
      this.#make(`chart:${chart.name}`, chart.fields, (element) => {
        const panel = new ChartPanel({ ...parts, element, chart, fields: /** @type {NumberField[]} */ (own), times: this.#times });
        this.#charts.set(element, panel);
        resized.observe(element);
        onScreen.observe(element);
        return panel;
      });
    }
  }

  /** @param {ReadonlySet<string> | null} changed Fields; null: all. Lines move with every update. */
  mark(changed) {
    for (const [panel, fields] of this.#fieldsOf) {
      if (changed === null || panel instanceof ChartPanel || panel instanceof Tile || fields.some((field) => changed.has(field))) {
        this.#parts.painter.mark(panel);
        if (panel instanceof ChartPanel) this.#parts.painter.mark(panel.lines);
      }
    }
  }

  markAll() {
    this.mark(null);
  }

  markCharts() {
    this.mark(new Set());
  }

  /** @param {boolean} failed */
  historyChanged(failed) {
    for (const chart of this.#charts.values()) chart.failed = failed;
    find(this.#parts.root, "[data-history-notice]").hidden = !failed;
    this.markAll();
  }

  recolour() {
    for (const chart of this.#charts.values()) chart.recolour();
  }

  toggleTables() {
    this.#isTables = !this.#isTables;
    for (const chart of this.#charts.values()) chart.showTable(this.#isTables);
  }

  /** @param {Field} field */
  #makeField(field) {
    const { board } = this.#parts;
    const names = [field.name];
    if (field.kind === "table") this.#make(`table:${field.name}`, names, (element) => new TablePanel(element, field, board, this.#times));
    else if (field.kind === "counts") this.#make(`counts:${field.name}`, names, (element) => new CountsPanel(element, field, board));
    else if (field.kind !== "number" || field.tile) {
      this.#make(`tile:${field.name}`, names, (element) => new Tile({ ...this.#parts, element, field, times: this.#times }));
    }
  }

  /**
   * @param {string} id
   * @param {readonly string[]} fields
   * @param {(element: HTMLElement) => Job} make
   */
  #make(id, fields, make) {
    const element = find(this.#parts.root, `[data-panel="${CSS.escape(id)}"]`);
    this.#fieldsOf.set(make(element), fields);
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #seen(entries) {
    for (const { target, isIntersecting } of entries) {
      const chart = this.#charts.get(target);
      if (chart === undefined || chart.onScreen === isIntersecting) continue;
      chart.onScreen = isIntersecting;
      if (isIntersecting) this.#parts.painter.mark(chart.lines);
    }
  }

  /** @param {Element} element */
  #resized(element) {
    this.#charts.get(element)?.fit();
  }
}
