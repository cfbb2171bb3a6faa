/**
 * The room page: takes over the elements the server wrote. Makes the parts, and tells
 * each what the others said; what they do stands in their own files.
 */

import { RoomPresence } from "../presence/room-presence.js";
import { RealtimeClient } from "../realtime/client.js";
import { systemClock } from "../realtime/clock.js";
import { ApiError } from "./api-error.js";
import { Api } from "./api.js";
import { Composer } from "./composer.js";
import { Question, dialogForm } from "./dialogs.js";
import { find, findAs } from "./dom.js";
import { Draft } from "./drafts.js";
import { fill, gettext } from "./i18n.js";
import { MessageActions } from "./message-actions.js";
import { MessageRow } from "./message-row.js";
import { readPageData } from "./page-data.js";
import { PeoplePanel } from "./people-panel.js";
import { People } from "./people.js";
import { ReadReport } from "./read-report.js";
import { Reading } from "./reading.js";
import { reportForm } from "./report-message.js";
import { drawRoomHeader } from "./room-header.js";
import { RoomLog } from "./room-log.js";
import { RowList } from "./row-list.js";
import { Scroller } from "./scroller.js";
import { Shell } from "./shell.js";
import { timeWords } from "./time.js";
import { Timeline } from "./timeline.js";
import { TypingLine, TypingReport } from "./typing.js";
import { closedBecause, slowModeWait } from "./writing.js";

/** @import { MessageRow as Row } from "./types.d.ts" */
/** @import { Action } from "./message-actions.js" */

const SECOND_MS = 1000;

const page = readPageData();
const seed = page.room;
if (seed === null) throw new Error("The page names no room.");
const me = page.user;
const { slug } = seed.room;
const roomUrl = (/** @type {string} */ name) => page.room_url.replace("SLUG", name);
const permalink = (/** @type {number} */ id) => `${roomUrl(slug)}?message=${id}`;

const client = new RealtimeClient({ url: page.socket, userId: String(me.id) });
const api = new Api(page.api);
const words = timeWords({ locale: document.documentElement.lang });
const shell = new Shell({ client, api, page });
const { rooms, announcer } = shell;
const log = new RoomLog({ client, seed, history: (query) => api.history(slug, query) });

const root = find(document, "[data-timeline]");
const listElement = find(root, "[data-timeline-list]");
const list = new RowList(listElement, words, (node) =>
  node === null ? MessageRow.create(words, permalink) : new MessageRow(node, words, permalink));
const readReport = new ReadReport((no) => log.markRead(no), systemClock);
const reading = new Reading(seed.me.last_read_no, seed.room.last_no, (no) => {
  rooms.read(slug, no);
  readReport.seen(no);
});
const scroller = new Scroller(find(root, "[data-timeline-scroll]"), listElement);
const timeline = new Timeline({ root, log, list, scroller, reading, words, me, wanted: seed.message });
const actions = new MessageActions(root, list, act);

const people = new People({
  presence: new RoomPresence(client, slug),
  api,
  slug,
  me: () => ({ id: me.id, name: me.name, choice: shell.presence.choice }),
  clock: systemClock,
});
const peoplePanel = new PeoplePanel(people, words);
shell.presence.addEventListener("choice", () => peoplePanel.refresh());

const deleting = new Question("message-delete");
const report = reportForm(api, slug, (sentence) => shell.tell(sentence));
const typingLine = new TypingLine(find(document, "[data-typing]"), systemClock);
const typingReport = new TypingReport((active) => {
  // Who wants to be seen by nobody does not say that they write; nor does anybody before it is known.
  const { choice } = shell.presence;
  if (!active || (choice !== null && choice !== "invisible")) log.typing(active);
}, systemClock);
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
      // What is still on its way is the last one, and cannot be edited yet; the one before is not meant.
      const underway = log.entries.some(({ event }) => event === "message.post");
      if (own !== undefined && !underway) composer.edit(own.id, own.text ?? "");
    },
    typing: (active) => typingReport.report(active),
    editing: (id) => list.mark(id),
  },
);

log.addEventListener("change", drawRoom);
log.addEventListener("joined", () => readReport.connected());
log.addEventListener("recovered", ({ detail }) => shell.line.recovered(detail.count));
log.addEventListener("event", ({ detail }) => {
  if (detail.event === "typing") typingLine.heard(detail.data.user, detail.data.active);
  if (detail.event !== "message" || detail.data.author.id === me.id) return;
  typingLine.heard(detail.data.author, false);
  if (detail.data.seq === detail.data.posted_seq) announcer.arrived(detail.data);
});
log.addEventListener("ended", ({ detail }) => {
  composer.allow({ closed: detail.message, wait: 0 });
});
rooms.addEventListener("change", drawElsewhere);
setInterval(drawWriting, SECOND_MS);
setInterval(() => {
  list.refreshTimes();
  peoplePanel.refresh();
}, 60 * SECOND_MS);

let members = log.room.members;
drawElsewhere();
drawRoom();
client.start();

dialogForm("invite", async (fields) => {
  const name = String(fields.get("username"));
  await api.invite(slug, name);
  people.changed();
  return fill(gettext("%(name)s is in now."), { name });
});
dialogForm(
  "settings",
  async (fields) => {
    await api.changeRoom(slug, {
      name: String(fields.get("name")),
      topic: String(fields.get("topic") ?? ""),
      archived: fields.get("archived") !== null,
    });
    return undefined;
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
  return undefined;
});
find(document, "[data-join]").addEventListener("submit", join);
find(document, "[data-copy-room]").addEventListener("click", () => copy(new URL(roomUrl(slug), location.href).href));

function drawRoom() {
  if (log.room.members !== members) people.changed();
  members = log.room.members;
  drawRoomHeader(log.room, log.me);
  shell.rename(`${log.room.name} · Chorus`);
  actions.refresh();
  drawWriting();
}

function drawElsewhere() {
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
  else if (action === "delete" && row.id !== null && row.own) void remove(row.id, row.text ?? "");
  else if (action === "report" && row.id !== null && !row.own) report(row);
  else if (action === "retry" && row.entry !== null) client.outbox.retry(row.entry.key);
  else if (action === "discard" && row.entry !== null) client.outbox.discard(row.entry.key);
}

/**
 * @param {number} id
 * @param {string} text
 */
async function remove(id, text) {
  if ((await deleting.ask(text)) === "delete") log.delete(id);
}

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    shell.tell(gettext("Copied."));
  } catch {
    // Not over plain HTTP, and not without the user's leave.
    shell.tell(gettext("This browser does not let the page copy."));
  }
}

/** @param {Event} event */
async function join(event) {
  event.preventDefault();
  try {
    await api.join(slug);
    location.reload();
  } catch (error) {
    if (error instanceof ApiError) shell.tell(error.message);
    else throw error;
  }
}
