/**
 * The room's own facts on the page, as they now are: name, topic, archived, and what
 * one's role allows in its menu.
 */

import { find, setText } from "./dom.js";
import { fill, gettext } from "./i18n.js";

/** @import { Me, Room } from "../realtime/types.d.ts" */

/**
 * @param {Room} room
 * @param {Me} me
 */
export function drawRoomHeader(room, me) {
  for (const name of document.querySelectorAll("[data-room-field=name]")) setText(name, room.name);
  const topic = find(document, "[data-room-field=topic]");
  setText(topic, room.topic);
  topic.title = room.topic;
  find(document, "[data-room-field=visibility]").dataset.visibility = room.visibility;
  find(document, "[data-room-field=archived]").hidden = !room.archived;
  find(document, "[data-join]").hidden = me.role !== null || room.archived;
  show("[data-for-member]", me.role !== null);
  show("[data-for-owner]", me.role === "owner");
  show("#room-leave [data-public]", room.visibility === "public");
  show("#room-leave [data-private]", room.visibility !== "public");
  find(document, "#composer-text").setAttribute("placeholder", fill(gettext("Message %(name)s"), { name: room.name }));
}

/**
 * @param {string} selector
 * @param {boolean} shown
 */
function show(selector, shown) {
  for (const element of document.querySelectorAll(selector)) element.toggleAttribute("hidden", !shown);
}
