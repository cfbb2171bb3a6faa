/**
 * The page of all rooms: the same live list as the side, in full, with search and a
 * dialog to create one.
 */

import { RealtimeClient } from "../realtime/client.js";
import { Announcer } from "./announcer.js";
import { Api } from "./api.js";
import { Attention } from "./attention.js";
import { ConnectionLine } from "./connection-line.js";
import { dialogForm } from "./dialogs.js";
import { find, findAs } from "./dom.js";
import { Drawer } from "./drawer.js";
import { OwnRooms } from "./own-rooms.js";
import { readPageData, rememberZone } from "./page-data.js";
import { Side } from "./side.js";

document.documentElement.dataset.scripted = "";
rememberZone();
const page = readPageData();
const roomUrl = (/** @type {string} */ slug) => page.room_url.replace("SLUG", slug);
const client = new RealtimeClient({ url: page.socket, userId: String(page.user.id) });
const api = new Api(page.api);
const announcer = new Announcer();
const rooms = new OwnRooms(client, page.rooms);
const side = new Side(find(document, "[data-side]"), roomUrl, null);
const attention = new Attention(document.title);
const search = findAs(document, "[data-directory-search]", HTMLInputElement);
new ConnectionLine(find(document, "[data-connection]"), client, (sentence) => announcer.say(sentence));
new Drawer();

rooms.addEventListener("change", draw);
search.addEventListener("input", filter);
dialogForm("create", async (fields) => {
  const made = await api.createRoom({
    name: String(fields.get("name")),
    topic: String(fields.get("topic") ?? ""),
    visibility: fields.get("private") === null ? "public" : "private",
  });
  location.assign(roomUrl(made.slug));
});

draw();
client.start();

function draw() {
  side.show(rooms.items);
  attention.show(rooms.unread);
}

function filter() {
  const wanted = search.value.trim().toLocaleLowerCase();
  let found = 0;
  for (const part of document.querySelectorAll("[data-directory-part]")) {
    let here = 0;
    for (const item of part.querySelectorAll("li")) {
      const shown = wanted === "" || (item.textContent ?? "").toLocaleLowerCase().includes(wanted);
      item.hidden = !shown;
      if (shown) here += 1;
    }
    part.toggleAttribute("hidden", here === 0);
    found += here;
  }
  find(document, "[data-directory-none]").hidden = found > 0 || wanted === "";
}
