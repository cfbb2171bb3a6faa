/**
 * The page of all rooms: one's own as they live, those one could join, and search.
 */

import { RealtimeClient } from "../realtime/client.js";
import { Api } from "./api.js";
import { Directory } from "./directory.js";
import { find } from "./dom.js";
import { readPageData } from "./page-data.js";
import { Shell } from "./shell.js";
import { timeWords } from "./time.js";

const MINUTE_MS = 60_000;

const page = readPageData();
const client = new RealtimeClient({ url: page.socket, userId: String(page.user.id) });
const { rooms } = new Shell({ client, api: new Api(page.api), page });
const roomUrl = (/** @type {string} */ slug) => page.room_url.replace("SLUG", slug);
const directory = new Directory(find(document, "#main"), roomUrl, timeWords({ locale: document.documentElement.lang }));

rooms.addEventListener("change", draw);
// Times age.
setInterval(draw, MINUTE_MS);
draw();
client.start();

function draw() {
  directory.show(rooms.items);
}
