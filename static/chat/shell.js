/**
 * What stands around every page one works in: the side with one's rooms, the line about
 * the connection, the count in the title, the drawer, the form for a new room, the way
 * out. A page adds its middle.
 */

import { Idle } from "../presence/idle.js";
import { OwnPresence } from "../presence/own-presence.js";
import { systemClock } from "../realtime/clock.js";
import { Announcer } from "./announcer.js";
import { Attention } from "./attention.js";
import { ConnectionLine } from "./connection-line.js";
import { createRoomForm } from "./create-room.js";
import { find } from "./dom.js";
import { Drawer } from "./drawer.js";
import { logOutForm } from "./log-out.js";
import { OwnRooms } from "./own-rooms.js";
import { rememberZone } from "./page-data.js";
import { Side } from "./side.js";
import { StatusPicker } from "./status-picker.js";
import { Toast } from "./toast.js";

/** @import { Client } from "../realtime/types.d.ts" */
/** @import { Api } from "./api.js" */
/** @import { PageData } from "./types.d.ts" */

export class Shell {
  announcer = new Announcer();
  rooms;
  line;
  presence;
  #attention = new Attention(document.title);
  #side;
  #toast = new Toast();

  /**
   * @param {object} parts
   * @param {Client} parts.client
   * @param {Api} parts.api
   * @param {PageData} parts.page
   */
  constructor({ client, api, page }) {
    const roomUrl = (/** @type {string} */ slug) => page.room_url.replace("SLUG", slug);
    document.documentElement.dataset.scripted = "";
    rememberZone();
    this.rooms = new OwnRooms(client, page.rooms);
    this.line = new ConnectionLine(find(document, "[data-connection]"), client, (sentence) => this.announcer.say(sentence));
    this.#side = new Side(find(document, "[data-side]"), roomUrl, page.room?.room.slug ?? null);
    new Drawer();
    createRoomForm(api, roomUrl);
    logOutForm(client.outbox, page.user.id);
    this.presence = new OwnPresence({
      client,
      clock: systemClock,
      rooms: () => this.rooms.items.filter(({ archived }) => !archived).map(({ slug }) => slug),
      isSeen: () => document.visibilityState === "visible",
    });
    this.presence.addEventListener("counts", ({ detail }) => this.#side.people(detail));
    document.addEventListener("visibilitychange", () => this.presence.look());
    const picker = new StatusPicker(this.presence, (sentence) => this.tell(sentence));
    new Idle({
      clock: systemClock,
      page: document,
      home: window,
      storage: storage(),
      changed: (away) => {
        this.presence.setAway(away);
        picker.away(away);
      },
    });
    this.rooms.addEventListener("change", () => this.#drawRooms());
    this.#drawRooms();
  }

  /**
   * Say something to eyes and ears alike.
   *
   * @param {string} sentence
   */
  tell(sentence) {
    this.#toast.show(sentence);
    this.announcer.say(sentence);
  }

  /** @param {string} title The page's own, without the count. */
  rename(title) {
    this.#attention.rename(title);
    this.#attention.show(this.rooms.unread);
  }

  #drawRooms() {
    this.#side.show(this.rooms.items);
    this.#attention.show(this.rooms.unread);
  }
}

/** Not to be had where the browser keeps nothing for this site. */
function storage() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
