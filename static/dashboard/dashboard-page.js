/**
 * The page of one dashboard: puts the parts together, and decides who is drawn when.
 * The values come over the socket, the past by HTTP; every drawing goes through the
 * painter.
 */

import { Api } from "../chat/api.js";
import { find, findAs } from "../chat/dom.js";
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

/** @import { Description, DashboardPage } from "./types.d.ts" */

const TICK_MS = 1_000;

const page = /** @type {DashboardPage} */ (readPageData());
const client = new RealtimeClient({ url: page.socket, userId: String(page.user.id) });
const api = new Api(page.api);
const shell = new Shell({ client, api, page });
const { name, description } = page.dashboard;

run(description);
client.start();

/** @param {string} message */
function showEnded(message) {
  find(document, "[data-ended]").hidden = false;
  find(document, "[data-ended-words]").textContent = message;
}

/** @param {Description} first */
function run(first) {
  const root = find(document, "[data-board]");
  const board = new Board(first, systemClock);
  const numbers = first.fields.filter(({ kind }) => kind === "number").map((field) => field.name);
  const timeline = new Timeline(numbers, first.interval_s);
  const painter = new Painter({
    frame: (callback) => requestAnimationFrame(callback),
    now: () => performance.now(),
    isHidden: () => document.visibilityState === "hidden",
  });
  const palette = new Palette(() => panels.recolour());
  const range = new Range(find(document, "[data-ranges]"), page.dashboard.minutes, (minutes) => {
    panels.markAll();
    void past.load(minutes);
  });
  const panels = makePanels({ root, board, timeline, range, palette, painter, uPlot, say: (words) => shell.announcer.say(words) });
  const past = new HistoryLoader(api, board, timeline, systemClock, () => panels.historyChanged(past.failed));
  const notifier = new Notifier(find(document, "[data-notify]"), (words) => shell.tell(words));
  const strip = new AlertsStrip(find(root, "[data-alerts]"), board, (sentences) => {
    shell.announcer.say(sentences.join(" "));
    notifier.alert(first.title, sentences);
  });
  const status = new Status(root, board, () => client.state === "connected", (words) => shell.announcer.say(words));
  const wall = new Wall(find(document, "[data-wall]"));
  find(document, "[data-wall-out]").addEventListener("click", () => wall.leave());
  const arranger = new Arranger({
    root,
    arrangement: page.dashboard.arrangement,
    keep: (arrangement) => keepArrangement(api, name, arrangement),
    tell: (words) => shell.tell(words),
    changed: () => panels.markAll(),
  });

  board.addEventListener("change", ({ detail }) => {
    if (!board.paused) panels.mark(detail.fields);
    status.draw();
  });
  board.addEventListener("alerts", () => painter.mark(strip));
  board.addEventListener("pause", ({ detail }) => {
    for (const button of document.querySelectorAll("[data-pause]")) {
      button.setAttribute("aria-pressed", String(detail.paused));
    }
    status.draw();
  });
  document.addEventListener("visibilitychange", () => painter.wake());
  client.addEventListener("state", () => status.draw());
  find(root, "[data-history-retry]").addEventListener("click", () => void past.load(range.minutes));
  for (const retry of root.querySelectorAll("[data-chart-retry]")) retry.addEventListener("click", () => void past.load(range.minutes));

  let isFirst = true;
  follow(client, name, {
    snapshot: (/** @type {Description} */ told) => {
      if (shapeOf(told) !== shapeOf(first)) return showChanged();
      find(document, "[data-ended]").hidden = true;
      board.snapshot(told);
      if (told.at !== null) timeline.add(told.at, told.state);
      // What passed while the connection was away is read again; the first time it is being read already.
      if (!isFirst) void past.load(range.minutes);
      isFirst = false;
    },
    diff: (diff) => {
      board.diff(diff);
      timeline.add(diff.at, board.live.state);
    },
    ended: showEnded,
  });
  setInterval(tick, TICK_MS);
  status.draw();
  panels.markAll();
  painter.mark(strip);
  void past.load(range.minutes);

  const pause = () => (board.paused ? board.resume() : board.pause());
  for (const button of document.querySelectorAll("[data-pause]")) button.addEventListener("click", pause);
  for (const button of document.querySelectorAll("[data-arrange]")) button.addEventListener("click", () => arranger.toggle());
  find(document, "[data-tables]").addEventListener("click", () => panels.toggleTables());
  const help = findAs(document, "#dashboard-keys", HTMLDialogElement);
  const isOn = keysChoice(findAs(help, "[data-keys-on]", HTMLInputElement), stored());
  for (const button of document.querySelectorAll("[data-help]")) button.addEventListener("click", () => help.showModal());
  const keys = {
    p: pause,
    f: () => wall.toggle(),
    a: () => arranger.toggle(),
    t: () => panels.toggleTables(),
    "?": () => help.showModal(),
    escape: () => (arranger.isOn ? arranger.toggle() : wall.leave()),
    ...Object.fromEntries(CHOICES.map((minutes, n) => [String(n + 1), () => range.choose(minutes)])),
  };
  bindKeys(document, keys, isOn);

  /** Ages count up, and what is only pushed goes on as it was. */
  function tick() {
    status.draw();
    if (board.live.alerts.length > 0) painter.mark(strip);
    if (first.interval_s !== null || client.state !== "connected" || board.live.at === null) return;
    timeline.add(board.now, board.live.state);
    if (!board.paused) panels.markCharts();
  }
}

/** The source was changed on the server: the elements of this page are no longer those it needs. */
function showChanged() {
  const words = gettext("This dashboard was changed. Reload the page to see it as it is now.");
  find(document, "[data-changed]").hidden = false;
  shell.announcer.say(words);
}

/** @param {Description} description */
function shapeOf({ fields, charts }) {
  return JSON.stringify([fields, charts]);
}
