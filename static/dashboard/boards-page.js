/**
 * The list of dashboards: the first values of each, as they live, and what is wrong.
 */

import { Api } from "../chat/api.js";
import { find, setText } from "../chat/dom.js";
import { readPageData } from "../chat/page-data.js";
import { Shell } from "../chat/shell.js";
import { RealtimeClient } from "../realtime/client.js";
import { systemClock } from "../realtime/clock.js";
import { Board } from "./board.js";
import { cellText } from "./cells.js";
import { follow } from "./live.js";
import { moments } from "./moments.js";
import { parts } from "./numbers.js";
import { badgeWords, staleness, toneOf } from "./staleness.js";

/** @import { Description, ListPage } from "./types.d.ts" */

const TICK_MS = 1_000;

const page = /** @type {ListPage} */ (readPageData());
const client = new RealtimeClient({ url: page.socket, userId: String(page.user.id) });
new Shell({ client, api: new Api(page.api), page });
const times = moments(document.documentElement.lang);
const cards = page.dashboards.descriptions.map(follows);
// Ages count up.
setInterval(() => cards.forEach((draw) => draw()), TICK_MS);
client.start();

/**
 * @param {Description} description
 * @returns {() => void} Draws it.
 */
function follows(description) {
  const card = find(document, `[data-card="${CSS.escape(description.name)}"]`);
  const board = new Board(description, systemClock);
  const draw = () => show(card, board);
  follow(client, description.name, {
    snapshot: (snapshot) => board.snapshot(snapshot),
    diff: (diff) => board.diff(diff),
    // Its values grow old, and say so.
    ended: () => undefined,
  });
  board.addEventListener("change", draw);
  draw();
  return draw;
}

/**
 * @param {HTMLElement} card
 * @param {Board} board
 */
function show(card, { live, now }) {
  for (const place of card.querySelectorAll("[data-card-number]")) {
    const field = live.fields.find(({ name }) => name === place.getAttribute("data-card-number"));
    if (field === undefined || field.kind === "table" || field.kind === "counts") continue;
    const value = live.state[field.name] ?? null;
    const shown = field.kind === "number" ? parts(value, field.unit, field.decimals) : { number: cellText(value, field, times), unit: "" };
    setText(place, shown.number);
    setText(find(card, `[data-card-unit="${CSS.escape(field.name)}"]`), shown.unit);
  }
  const found = staleness(live, now, client.state === "connected");
  find(card, "[data-card-live]").dataset.live = toneOf(found);
  setText(find(card, "[data-card-live-words]"), badgeWords(found));
  find(card, "[data-card-alerts]").hidden = live.alerts.length === 0;
  setText(find(card, "[data-card-alert-count]"), String(live.alerts.length));
}
