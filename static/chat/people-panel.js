/**
 * The panel at the right: who is here, away and offline, kept up to date without a word
 * to screen readers, who find it as three plain lists. Where there is no room for a
 * column it is a drawer over the page.
 */

import { initialsOf, tintOf } from "./avatar.js";
import { find, fromTemplate, setText } from "./dom.js";
import { fill, gettext, ngettext } from "./i18n.js";
import { statusWord } from "./people-groups.js";

/** @import { People } from "./people.js" */
/** @import { PersonRow } from "./people-groups.js" */
/** @import { TimeWords } from "./time.js" */

const COOKIE = "people";
const YEAR_S = 365 * 24 * 3600;
const DRAW_EVERY_MS = 200;
const WIDE = matchMedia("(width >= 1100px)");

export class PeoplePanel {
  #root = find(document, "[data-people]");
  #scroll = find(this.#root, "[data-people-scroll]");
  #toggle = find(document, "[data-people-toggle]");
  #count = find(document, "[data-people-count]");
  #scrim = find(document, "[data-people-scrim]");
  #people;
  #words;
  /** @type {Map<number, { node: HTMLElement, drawn: string }>} */
  #rows = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #drawing;

  /**
   * @param {People} people
   * @param {TimeWords} words
   */
  constructor(people, words) {
    this.#people = people;
    this.#words = words;
    people.addEventListener("change", () => {
      this.#drawing ??= setTimeout(() => this.#draw(), DRAW_EVERY_MS);
    });
    this.#toggle.addEventListener("click", () => this.#set(!this.#isOpen));
    find(this.#root, "[data-people-close]").addEventListener("click", () => this.#close());
    find(this.#root, "[data-people-retry]").addEventListener("click", () => {
      this.#scroll.focus(); // the button goes
      people.open();
    });
    this.#scrim.addEventListener("click", () => this.#close());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.#isOver) this.#close();
    });
    // A drawer that lies over the page is nothing one wants to find there.
    const settle = () => this.#set(this.#isOpen && WIDE.matches, { remember: false });
    WIDE.addEventListener("change", settle);
    settle();
  }

  /** Times age, and one may be somebody else to others now. */
  refresh() {
    this.#draw();
  }

  get #isOpen() {
    return this.#root.hasAttribute("data-open");
  }

  get #isOver() {
    return this.#isOpen && !WIDE.matches;
  }

  #close() {
    this.#set(false);
    this.#toggle.focus();
  }

  /**
   * @param {boolean} open
   * @param {{ remember?: boolean }} [options]
   */
  #set(open, { remember = WIDE.matches } = {}) {
    this.#root.toggleAttribute("data-open", open);
    this.#toggle.setAttribute("aria-expanded", String(open));
    const secure = location.protocol === "https:" ? "; Secure" : "";
    if (remember) document.cookie = `${COOKIE}=${open ? "open" : ""}; Path=/; SameSite=Lax; Max-Age=${open ? YEAR_S : 0}${secure}`;
    this.#scrim.hidden = !this.#isOver;
    for (const under of ["#main", "[data-side]"]) find(document, under).inert = this.#isOver;
    if (!open) return;
    if (this.#isOver) find(this.#root, "[data-people-close]").focus();
    this.#people.open();
    this.#draw();
  }

  #draw() {
    clearTimeout(this.#drawing);
    this.#drawing = undefined;
    this.#drawCount();
    if (this.#isOpen) this.#drawList();
  }

  #drawCount() {
    const { count } = this.#people;
    const words = count === null ? gettext("People") : fill(ngettext("%(count)s person here", "%(count)s people here", count), { count });
    setText(this.#count, count === null ? "" : String(count));
    this.#toggle.title = words;
    setText(find(this.#toggle, "[data-people-words]"), words);
  }

  #drawList() {
    const { state, count, isLarge, groups } = this.#people;
    const shown = { loading: state === "loading", error: state === "failed", list: state === "ready" };
    for (const [part, isShown] of Object.entries(shown)) find(this.#root, `[data-people-${part}]`).hidden = !isShown;
    const large = find(this.#root, "[data-people-large]");
    large.hidden = !isLarge;
    setText(large, fill(gettext("%(count)s people are here, too many to list."), { count: count ?? 0 }));
    for (const name of ["online", "away", "offline"]) {
      const rows = groups.find((group) => group.name === name)?.rows ?? [];
      const group = find(this.#root, `[data-people-group=${name}]`);
      group.hidden = rows.length === 0;
      setText(find(group, "[data-people-total]"), String(rows.length));
      place(find(group, "ul"), rows.map((row) => this.#node(row)));
    }
    const kept = new Set(groups.flatMap(({ rows }) => rows.map(({ id }) => id)));
    for (const id of [...this.#rows.keys()]) if (!kept.has(id)) this.#rows.delete(id);
  }

  /** @param {PersonRow} row */
  #node(row) {
    const note = this.#note(row);
    const drawn = JSON.stringify([row, note]);
    const known = this.#rows.get(row.id) ?? { node: fromTemplate("person-template"), drawn: "" };
    this.#rows.set(row.id, known);
    if (known.drawn === drawn) return known.node;
    known.drawn = drawn;
    const { node } = known;
    const avatar = find(node, ".avatar");
    node.dataset.status = row.status;
    avatar.dataset.tint = String(tintOf(row.id));
    setText(find(avatar, "[data-field=initials]"), initialsOf(row.name));
    setText(find(node, "[data-field=name]"), row.name);
    find(node, "[data-field=name]").title = row.name;
    // Said to who cannot see the dot, unless the note says it.
    const said = row.status === "dnd" || row.status === "invisible" ? "" : statusWord(row.status);
    setText(find(node, "[data-field=status]"), said === "" ? "" : `, ${said}`);
    find(node, "[data-field=comma]").hidden = note === "";
    setText(find(node, "[data-field=note]"), note);
    return node;
  }

  /** @param {PersonRow} row */
  #note({ status, role, isMe, seenAt }) {
    if (status === "invisible") return gettext("you, seen by nobody");
    if (status === "dnd") return isMe ? gettext("you, do not disturb") : gettext("do not disturb");
    if (isMe) return gettext("you");
    if (seenAt !== null) return fill(gettext("last seen %(when)s"), { when: this.#words.relative(seenAt, Date.now()) });
    if (role === null) return gettext("not a member");
    if (role === "owner") return gettext("owner");
    return role === "moderator" ? gettext("moderator") : "";
  }
}

/**
 * Those that are gone first: then the others mostly stand where they stood.
 *
 * @param {HTMLElement} list
 * @param {HTMLElement[]} nodes
 */
function place(list, nodes) {
  const kept = new Set(nodes);
  for (const child of [...list.children]) if (!kept.has(/** @type {HTMLElement} */ (child))) child.remove();
  nodes.forEach((node, index) => {
    if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
  });
}
