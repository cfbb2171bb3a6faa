/**
 * The room page: takes over the elements the server wrote. Makes the parts, and tells
 * each what the others said; what they do stands in their own files.
 */

import { RealtimeClient } from "../realtime/client.js";
import { systemClock } from "../realtime/clock.js";
import { Announcer } from "./announcer.js";
import { Api, ApiError } from "./api.js";
import { Attention } from "./attention.js";
import { Composer } from "./composer.js";
import { ConnectionLine } from "./connection-line.js";
import { confirmed, dialogForm } from "./dialogs.js";
import { find, findAs } from "./dom.js";
import { Draft } from "./drafts.js";
import { Drawer } from "./drawer.js";
import { gettext } from "./i18n.js";
import { MessageActions } from "./message-actions.js";
import { MessageRow } from "./message-row.js";
import { OwnRooms } from "./own-rooms.js";
import { readPageData, rememberZone } from "./page-data.js";
import { Reading } from "./reading.js";
import { drawRoomHeader } from "./room-header.js";
import { RoomLog } from "./room-log.js";
import { RowList } from "./row-list.js";
import { Scroller } from "./scroller.js";
import { Side } from "./side.js";
import { timeWords } from "./time.js";
import { Timeline } from "./timeline.js";
import { TypingLine, TypingReport } from "./typing.js";
import { closedBecause, slowModeWait } from "./writing.js";

/** @import { MessageRow as Row } from "./types.d.ts" */
/** @import { Action } from "./message-actions.js" */

const SECOND_MS = 1000;

document.documentElement.dataset.scripted = "";
rememberZone();
const page = readPageData();
const seed = page.room;
if (seed === null) throw new Error("The page names no room.");
const me = page.user;
const { slug } = seed.room;
const roomUrl = (/** @type {string} */ name) => page.room_url.replace("SLUG", name);
const permalink = (/** @type {number} */ id) => `${roomUrl(slug)}?message=${id}`;

const client = new RealtimeClient({ url: page.socket, userId: String(me.id) });
const api = new Api(page.api);
const words = timeWords();
const announcer = new Announcer();
const rooms = new OwnRooms(client, page.rooms);
const log = new RoomLog({ client, seed, history: (query) => api.history(slug, query) });

const root = find(document, "[data-timeline]");
const listElement = find(root, "[data-timeline-list]");
const list = new RowList(listElement, words, (node) =>
  node === null ? MessageRow.create(words, permalink) : new MessageRow(node, words, permalink));
const reading = new Reading(seed.me.last_read_no, seed.room.last_no, (no) => {
  rooms.read(slug, no);
  log.markRead(no).catch(() => {});
});
const scroller = new Scroller(find(root, "[data-timeline-scroll]"), listElement);
const timeline = new Timeline({ root, log, list, scroller, reading, words, me });
const actions = new MessageActions(root, list, act);

const side = new Side(find(document, "[data-side]"), roomUrl, slug);
const attention = new Attention(document.title);
const line = new ConnectionLine(find(document, "[data-connection]"), client, (sentence) => announcer.say(sentence));
const typingLine = new TypingLine(find(document, "[data-typing]"), systemClock);
const typingReport = new TypingReport((active) => log.typing(active), systemClock);
const composer = new Composer(
  findAs(document, "[data-composer]", HTMLFormElement),
  find(document, "[data-composer-closed]"),
  new Draft(me.id, slug),
  {
    post: (text) => {
      log.post(text);
      reading.wrote();
      typingReport.report(false);
      timeline.toEnd();
    },
    edit: (id, text) => log.edit(id, text),
    editLast: () => {
      const own = lastOwn();
      if (own !== undefined) composer.edit(own.id, own.text ?? "");
    },
    typing: (active) => typingReport.report(active),
    editing: () => {},
  },
);
new Drawer();

log.addEventListener("change", drawRoom);
log.addEventListener("recovered", ({ detail }) => line.recovered(detail.count));
log.addEventListener("event", ({ detail }) => {
  if (detail.event === "typing") typingLine.heard(detail.data.user, detail.data.active);
  if (detail.event !== "message" || detail.data.author.id === me.id) return;
  typingLine.heard(detail.data.author, false);
  if (detail.data.seq === detail.data.posted_seq) announcer.arrived(detail.data);
});
log.addEventListener("ended", ({ detail }) => {
  composer.allow({ closed: detail.message, wait: 0 });
});
rooms.addEventListener("change", drawRooms);
setInterval(drawWriting, SECOND_MS);
setInterval(() => list.refreshTimes(), 60 * SECOND_MS);

drawRooms();
drawRoom();
client.start();
if (seed.message !== null) timeline.toMessage(seed.message).catch(() => {});

dialogForm("create", async (fields) => {
  const made = await api.createRoom({
    name: String(fields.get("name")),
    topic: String(fields.get("topic") ?? ""),
    visibility: fields.get("private") === null ? "public" : "private",
  });
  location.assign(roomUrl(made.slug));
});
dialogForm("invite", async (fields) => {
  await api.invite(slug, String(fields.get("username")));
});
dialogForm(
  "settings",
  async (fields) => {
    await api.changeRoom(slug, {
      name: String(fields.get("name")),
      topic: String(fields.get("topic") ?? ""),
      archived: fields.get("archived") !== null,
    });
  },
  (form) => {
    findAs(form, "[name=name]", HTMLInputElement).value = log.room.name;
    findAs(form, "[name=topic]", HTMLInputElement).value = log.room.topic;
    findAs(form, "[name=archived]", HTMLInputElement).checked = log.room.archived;
  },
);
dialogForm("leave", async () => {
  await api.leave(slug);
  location.assign(page.rooms_url);
});
find(document, "[data-join]").addEventListener("submit", join);
find(document, "[data-copy-room]").addEventListener("click", () => copy(new URL(roomUrl(slug), location.href).href));

function drawRoom() {
  drawRoomHeader(log.room, log.me);
  actions.refresh();
  drawWriting();
}

function drawRooms() {
  side.show(rooms.items);
  attention.show(rooms.unread);
  const elsewhere = rooms.items.some((item) => item.slug !== slug && item.last_no > item.last_read_no);
  find(document, "[data-elsewhere]").hidden = !elsewhere;
}

function drawWriting() {
  if (log.ended !== null) return;
  const now = Date.now();
  composer.allow({
    closed: closedBecause(log.room, log.me, now, words.clock),
    wait: slowModeWait(log.room, log.me, lastOwn(), now),
  });
}

function lastOwn() {
  return log.messages.findLast((message) => message.author.id === me.id && message.deleted_at === null);
}

/**
 * @param {Action} action
 * @param {Row} row
 */
function act(action, row) {
  if (action === "copy") copy(row.text ?? "");
  else if (action === "link" && row.id !== null) copy(new URL(permalink(row.id), location.href).href);
  else if (action === "edit" && row.id !== null && row.own) composer.edit(row.id, row.text ?? "");
  else if (action === "delete" && row.id !== null) remove(row.id);
  else if (action === "retry" && row.entry !== null) client.outbox.retry(row.entry.key);
  else if (action === "discard" && row.entry !== null) client.outbox.discard(row.entry.key);
}

/** @param {number} id */
async function remove(id) {
  if (await confirmed(findAs(document, "#message-delete", HTMLDialogElement))) log.delete(id);
}

/** @param {string} text */
async function copy(text) {
  await navigator.clipboard.writeText(text);
  announcer.say(gettext("Copied."));
}

/** @param {Event} event */
async function join(event) {
  event.preventDefault();
  try {
    await api.join(slug);
    location.reload();
  } catch (error) {
    if (error instanceof ApiError) announcer.say(error.message);
    else throw error;
  }
}
