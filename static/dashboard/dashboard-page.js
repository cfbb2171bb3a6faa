/**
 * The page of one dashboard: puts the parts together, and decides who is drawn when.
 * The values come over the socket, the past by HTTP; every drawing goes through the
 * painter.
 */

import { Api } from "../chat/api.js";
import { find, findAs, setText } from "../chat/dom.js";
import { gettext } from "../chat/i18n.js";
import { readPageData } from "../chat/page-data.js";
import { Shell } from "../chat/shell.js";
import uPlot from "../npm/uplot/dist/uPlot.esm.js";
import { RealtimeClient } from "../realtime/client.js";
import { systemClock } from "../realtime/clock.js";
import { AlertsStrip } from "./alerts-strip.js";
import { Arranger } from "./arranger.js";
import { Board } from "./board.js";
import { bindKeys, keysChoice } from "./keys.js";
import { HistoryLoader, follow, keepArrangement } from "./live.js";
import { Notifier } from "./notifier.js";
import { Painter } from "./painter.js";
import { Palette } from "./palette.js";
import { makePanels } from "./panels.js";
import { CHOICES, Range } from "./range.js";
import { Status } from "./status.js";
import { stored } from "./stored.js";
import { Timeline } from "./timeline.js";
import { Wall } from "./wall.js";

/** @import { Description, DashboardPage, Diff } from "./types.d.ts" */

const TICK_MS = 1_000;

const page = /** @type {DashboardPage} */ (readPageData());
const client = new RealtimeClient({ url: page.socket, userId: String(page.user.id) });
const api = new Api(page.api);
const shell = new Shell({ client, api, page });

class Dashboard {
  #name = page.dashboard.name;
  #first = page.dashboard.description;
  #root = find(document, "[data-board]");
  #board = new Board(this.#first, systemClock);
  #timeline = new Timeline(numbersOf(this.#first), this.#first.interval_s);
  #painter = new Painter({
    frame: (callback) => requestAnimationFrame(callback),
    now: () => performance.now(),
    isHidden: () => document.visibilityState === "hidden",
  });
  #palette = new Palette(() => this.#panels.recolour());
  #range = new Range(find(document, "[data-ranges]"), page.dashboard.minutes, () => this.#rangeChanged());
  #panels = makePanels({
    root: this.#root,
    board: this.#board,
    timeline: this.#timeline,
    range: this.#range,
    palette: this.#palette,
    painter: this.#painter,
    uPlot,
    say,
  });
  #past = new HistoryLoader(api, this.#board, this.#timeline, systemClock, () => this.#panels.historyChanged(this.#past.failed));
  #notifier = new Notifier(find(document, "[data-notify]"), tell);
  #strip = new AlertsStrip(find(this.#root, "[data-alerts]"), this.#board, (sentences) => this.#alert(sentences));
  #status = new Status(this.#root, this.#board, () => client.state === "connected", say);
  #wall = new Wall(find(document, "[data-wall]"));
  #arranger = new Arranger({
    root: this.#root,
    arrangement: page.dashboard.arrangement,
    keep: (arrangement) => keepArrangement(api, this.#name, arrangement),
    tell,
    changed: () => this.#panels.markAll(),
  });
  /** Whether the socket has told the whole before. */
  #isFollowed = false;

  constructor() {
    this.#listen();
    this.#bindButtons();
    this.#bindKeys();
    follow(client, this.#name, {
      snapshot: (snapshot) => this.#snapshot(snapshot),
      diff: (diff) => this.#diff(diff),
      ended: showEnded,
    });
    setInterval(() => this.#tick(), TICK_MS);
    this.#status.draw();
    this.#panels.markAll();
    this.#painter.mark(this.#strip);
    this.#readPast();
  }

  #listen() {
    this.#board.addEventListener("change", ({ detail }) => {
      if (!this.#board.paused) this.#panels.mark(detail.fields);
      this.#status.draw();
    });
    this.#board.addEventListener("alerts", () => {
      this.#painter.mark(this.#strip);
      this.#panels.markAll();
    });
    this.#board.addEventListener("pause", ({ detail }) => {
      each("[data-pause]", (button) => button.setAttribute("aria-pressed", String(detail.paused)));
      this.#status.draw();
    });
    document.addEventListener("visibilitychange", () => this.#painter.wake());
    client.addEventListener("state", () => this.#status.draw());
  }

  /** @param {Description} snapshot */
  #snapshot(snapshot) {
    if (shapeOf(snapshot) !== shapeOf(this.#first)) return showChanged();
    find(document, "[data-ended]").hidden = true;
    this.#board.snapshot(snapshot);
    if (snapshot.at !== null) this.#timeline.add(snapshot.at, snapshot.state);
    // What passed while the connection was away is read again; the first time it is being read already.
    if (this.#isFollowed) this.#readPast();
    this.#isFollowed = true;
  }

  /** @param {Diff} diff */
  #diff(diff) {
    this.#board.diff(diff);
    this.#timeline.add(diff.at, this.#board.live.state);
  }

  /** Ages count up, and what is only pushed goes on as it was. */
  #tick() {
    const { live } = this.#board;
    this.#status.draw();
    if (live.alerts.length > 0) this.#painter.mark(this.#strip);
    if (live.interval_s !== null || client.state !== "connected" || live.at === null) return;
    this.#timeline.add(this.#board.now, live.state);
    if (!this.#board.paused) this.#panels.markCharts();
  }

  #rangeChanged() {
    this.#panels.markAll();
    this.#readPast();
  }

  #readPast() {
    void this.#past.load(this.#range.minutes);
  }

  /** @param {string[]} sentences */
  #alert(sentences) {
    say(sentences.join(" "));
    this.#notifier.alert(this.#first.title, sentences);
  }

  #pause() {
    if (this.#board.paused) this.#board.resume();
    else this.#board.pause();
  }

  #bindButtons() {
    const menu = find(document, "#board-menu");
    const bind = (/** @type {string} */ selector, /** @type {() => void} */ action) =>
      each(selector, (button) => {
        button.addEventListener("click", () => {
          if (menu.contains(button)) menu.hidePopover();
          action();
        });
      });
    bind("[data-pause]", () => this.#pause());
    bind("[data-arrange]", () => this.#arranger.toggle());
    bind("[data-tables]", () => this.#panels.toggleTables());
    bind("[data-help]", () => help().showModal());
    bind("[data-wall-out]", () => this.#wall.leave());
    bind("[data-history-retry], [data-chart-retry]", () => this.#readPast());
  }

  #bindKeys() {
    const ranges = CHOICES.map((minutes, n) => [String(n + 1), () => this.#range.choose(minutes)]);
    const keys = {
      p: () => this.#pause(),
      f: () => this.#wall.toggle(),
      a: () => this.#arranger.toggle(),
      t: () => this.#panels.toggleTables(),
      "?": () => help().showModal(),
      escape: () => (this.#arranger.isOn ? this.#arranger.toggle() : this.#wall.leave()),
      ...Object.fromEntries(ranges),
    };
    bindKeys(document, keys, keysChoice(findAs(help(), "[data-keys-on]", HTMLInputElement), stored()));
  }
}

new Dashboard();
client.start();

/** @param {string} message */
function showEnded(message) {
  find(document, "[data-ended]").hidden = false;
  setText(find(document, "[data-ended-words]"), message);
}

/** The source was changed on the server: the elements of this page are no longer those it needs. */
function showChanged() {
  find(document, "[data-changed]").hidden = false;
  say(gettext("This dashboard was changed. Reload the page to see it as it is now."));
}

/** @param {Description} description */
function shapeOf({ fields, charts }) {
  return JSON.stringify([fields, charts]);
}

/** @param {Description} description */
function numbersOf({ fields }) {
  return fields.filter(({ kind }) => kind === "number").map(({ name }) => name);
}

function help() {
  return findAs(document, "#dashboard-keys", HTMLDialogElement);
}

/**
 * @param {string} selector
 * @param {(element: Element) => void} visit
 */
function each(selector, visit) {
  document.querySelectorAll(selector).forEach((element) => visit(element));
}

/** @param {string} sentence */
function say(sentence) {
  shell.announcer.say(sentence);
}

/** @param {string} sentence */
function tell(sentence) {
  shell.tell(sentence);
}
