/**
 * uPlot, as our charts want it: time below, values at the left, the limits drawn, and one
 * crosshair through all charts of the page. The only module that knows uPlot's options;
 * uPlot itself is handed in by the page.
 */

/** @import uPlot from "uplot" */
/** @import { ChartData } from "./chart-data.js" */
/** @import { Palette } from "./palette.js" */
/** @import { Limit } from "./types.d.ts" */

/** Wide enough for "1.25 GiB": the time axes of charts under each other begin at the same place. */
const AXIS_WIDTH = 58;
const AXIS_HEIGHT = 22;
/** Between two times on the axis, which have no seconds. */
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60].map((minutes) => minutes * 60_000);
const LINE_WIDTH = 1.75;
const LIMIT_DASH = [5, 4];
/** All charts with this key share the crosshair. */
const SYNC = "dashboard";

/**
 * @typedef {object} PlotOptions
 * @property {(least: number | null, most: number | null) => [number, number]} reach How far the upright axis goes.
 * @property {number[]} steps What may lie between two marks on it.
 * @property {(marks: number[]) => string[]} marks What stands beside them.
 * @property {readonly string[]} labels Of the series.
 * @property {readonly (Limit & { words: string })[]} limits
 * @property {Palette} palette
 * @property {{ clock: (at: number) => string, exact: (at: number) => string }} times
 * @property {(index: number | null) => void} pointed The crosshair is on this row of the data; null: it is gone.
 */

export class Plot {
  #plot;
  #range = { from: 0, to: 1 };

  /**
   * @param {typeof uPlot} UPlot
   * @param {HTMLElement} element
   * @param {PlotOptions} options
   */
  constructor(UPlot, element, options) {
    this.#plot = new UPlot({ ...this.#options(options), ...sizeOf(element) }, [[]], element);
  }

  /**
   * @param {ChartData} data
   * @param {number} from
   * @param {number} to
   */
  draw(data, from, to) {
    this.#range = { from, to };
    // At once: uPlot would draw a moment later, when the time for this frame is not counted any more.
    this.#plot.batch(() => this.#plot.setData(/** @type {any} */ (data.columns), true));
  }

  /** The colours are different now. */
  redraw() {
    this.#plot.redraw(false, true);
  }

  /** @param {HTMLElement} element */
  fit(element) {
    const size = sizeOf(element);
    if (size.width === this.#plot.width && size.height === this.#plot.height) return;
    this.#plot.setSize(size);
  }

  /** The row under the crosshair. @returns {number | null} */
  get index() {
    return this.#plot.cursor.idx ?? null;
  }

  /** Where the crosshair is, in the element. */
  get place() {
    return { left: this.#plot.over.offsetLeft + (this.#plot.cursor.left ?? 0), width: this.#plot.width };
  }

  /**
   * Put the crosshair, here and in all other charts.
   *
   * @param {number | null} index
   */
  point(index) {
    const at = index === null ? undefined : this.#plot.data[0][index];
    const left = at === undefined ? -10 : this.#plot.valToPos(at, "x");
    const cursor = { left, top: at === undefined ? -10 : this.#plot.over.clientHeight / 2 };
    // The third argument tells the others; the types do not know it.
    /** @type {any} */ (this.#plot).setCursor(cursor, true, true);
  }

  /**
   * @param {PlotOptions} options
   * @returns {Omit<uPlot.Options, "width" | "height">}
   */
  #options({ reach, steps, marks, labels, limits, palette, times, pointed }) {
    const letters = readFont();
    const axis = {
      font: `${letters.size}px ${letters.family}`,
      stroke: () => palette.colour("quiet"),
      grid: { stroke: () => palette.colour("grid"), width: 1 },
      ticks: { show: false },
      gap: 6,
    };
    return {
      ms: 1,
      pxAlign: 1,
      legend: { show: false },
      // Half a time of day at the right, where the last mark may stand.
      padding: [8, 20, 0, 0],
      scales: {
        x: { range: () => [this.#range.from, this.#range.to] },
        y: { range: (_, least, most) => reach(least, most) },
      },
      axes: [
        { ...axis, size: AXIS_HEIGHT, space: 56, incrs: TIME_STEPS, grid: { show: false }, values: (_, at) => at.map(times.clock) },
        { ...axis, size: AXIS_WIDTH, space: 34, incrs: steps, values: (_, values) => marks(values) },
      ],
      series: [
        {},
        ...labels.map((label, n) => ({
          label,
          stroke: () => palette.series(n),
          fill: labels.length === 1 ? () => palette.veil(n) : undefined,
          width: LINE_WIDTH,
          dash: palette.dash(n),
          points: { show: isolated, size: 5 },
        })),
      ],
      cursor: {
        y: false,
        drag: { x: false, y: false, setScale: false },
        points: { size: 7 },
        sync: { key: SYNC, scales: ["x", null], setSeries: false },
      },
      hooks: {
        drawAxes: [(plot) => limits.forEach((limit) => drawLimit(plot, limit, palette, letters))],
        setCursor: [(plot) => pointed(plot.cursor.left === undefined || plot.cursor.left < 0 ? null : (plot.cursor.idx ?? null))],
      },
    };
  }
}

/** A value between two holes is no line: it is a point, or it would not be seen. */
function isolated(/** @type {uPlot} */ plot, /** @type {number} */ series, /** @type {number} */ first, /** @type {number} */ last) {
  return last - first < 2 && plot.data[series][first] !== null;
}

/**
 * @param {uPlot} plot
 * @param {Limit & { words: string }} limit
 * @param {Palette} palette
 * @param {ReturnType<typeof readFont>} letters
 */
function drawLimit(plot, { value, severity, words }, palette, { family, size }) {
  const { min, max } = plot.scales.y;
  if (min === undefined || max === undefined || value <= min || value > max) return;
  const { ctx, bbox } = plot;
  const y = Math.round(plot.valToPos(value, "y", true));
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = palette.colour(severity === "critical" ? "danger" : "warn");
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash(LIMIT_DASH.map((length) => length * devicePixelRatio));
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.font = `${Math.round(size * devicePixelRatio)}px ${family}`;
  ctx.textAlign = "left";
  ctx.textBaseline = "bottom";
  ctx.fillText(words, bbox.left + 4 * devicePixelRatio, y - 2 * devicePixelRatio);
  ctx.restore();
}

/** @param {HTMLElement} element */
function sizeOf(element) {
  return { width: Math.max(120, element.clientWidth), height: Math.max(80, element.clientHeight) };
}

/**
 * The page's own letters, a little smaller than its small ones.
 *
 * @returns {{ family: string, size: number }}
 */
function readFont() {
  const { fontFamily, fontSize } = getComputedStyle(document.documentElement);
  return { family: fontFamily, size: Math.round(parseFloat(fontSize) * 0.72) };
}
