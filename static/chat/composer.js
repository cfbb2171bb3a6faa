/**
 * Where one writes: a field that grows, keys, the draft, the count, and edits of what
 * was sent. Knows no room: it is told whether one may write, and tells what was written.
 */

import { find, findAs, setText } from "./dom.js";
import { fill, gettext } from "./i18n.js";
import { measure } from "./writing.js";

/** @import { Draft } from "./drafts.js" */

/** A thumb's Enter breaks the line; the button sends. */
const THUMB = matchMedia("(pointer: coarse)");

/**
 * @typedef {object} Doing
 * @property {(text: string) => void} post
 * @property {(id: number, text: string) => void} edit
 * @property {() => void} editLast Up was pressed in an empty field.
 * @property {(active: boolean) => void} typing
 * @property {(id: number | null) => void} editing Which message is being edited.
 */

export class Composer {
  #form;
  #closed;
  #text;
  #send;
  #draft;
  #doing;
  /** @type {{ id: number, text: string } | null} */
  #edited = null;
  #wait = 0;

  /**
   * @param {HTMLFormElement} form
   * @param {HTMLElement} closed Stands there instead of the form where one may not write.
   * @param {Draft} draft
   * @param {Doing} doing
   */
  constructor(form, closed, draft, doing) {
    this.#form = form;
    this.#closed = closed;
    this.#text = findAs(form, "textarea", HTMLTextAreaElement);
    this.#send = findAs(form, "[data-composer-send]", HTMLButtonElement);
    this.#draft = draft;
    this.#doing = doing;
    // The script says itself what is missing, and a blank text is no mistake to shout about.
    form.noValidate = true;
    if (this.#text.value === "") this.#text.value = draft.read();
    this.#listen();
    this.#changed();
  }

  /**
   * @param {{ closed: string, wait: number }} allowed Why one may not write; seconds of slow mode to wait.
   */
  allow({ closed, wait }) {
    const had = this.#form.contains(document.activeElement);
    this.#form.hidden = closed !== "";
    this.#closed.hidden = closed === "";
    setText(find(this.#closed, "[data-composer-closed-text]"), closed);
    if (had && closed !== "") find(document, "#main").focus();
    this.#wait = wait;
    this.#drawState();
  }

  /**
   * Edit a message instead of writing a new one. What was being written waits in the draft.
   *
   * @param {number} id
   * @param {string} text
   */
  edit(id, text) {
    this.#edited = { id, text };
    this.#fill(text);
    this.#drawEditing();
    this.#text.focus();
    this.#text.setSelectionRange(text.length, text.length);
  }

  cancelEdit() {
    if (this.#edited === null) return;
    this.#edited = null;
    this.#fill(this.#draft.read());
    this.#drawEditing();
  }

  focus() {
    this.#text.focus();
  }

  #listen() {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#text.addEventListener("keydown", (event) => this.#key(event));
    this.#text.addEventListener("input", () => this.#changed());
    this.#text.addEventListener("blur", () => this.#doing.typing(false));
    find(this.#form, "[data-composer-cancel]").addEventListener("click", () => {
      this.cancelEdit();
      this.#text.focus();
    });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    // Enter that ends a composition (Japanese, Chinese …) belongs to the composition.
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" && !event.shiftKey && !THUMB.matches) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "ArrowUp" && this.#text.value === "" && this.#edited === null) {
      event.preventDefault();
      this.#doing.editLast();
    } else if (event.key === "Escape" && this.#edited !== null) {
      event.preventDefault();
      this.cancelEdit();
    }
  }

  #submit() {
    const text = this.#text.value;
    const { empty, left } = measure(text);
    if (empty || left < 0 || (this.#wait > 0 && this.#edited === null)) return;
    if (this.#edited === null) {
      this.#draft.write("");
      this.#fill("");
      this.#doing.post(text);
    } else {
      const { id, text: before } = this.#edited;
      this.cancelEdit();
      if (text !== before) this.#doing.edit(id, text);
    }
    this.#doing.typing(false);
  }

  #changed() {
    const text = this.#text.value;
    if (this.#edited === null) {
      this.#draft.write(text);
      this.#doing.typing(text.trim() !== "");
    }
    this.#grow();
    this.#drawState();
  }

  /** @param {string} text */
  #fill(text) {
    this.#text.value = text;
    this.#grow();
    this.#drawState();
  }

  /** As high as its text, up to the limit in css/composer.css. */
  #grow() {
    this.#text.style.blockSize = "auto";
    this.#text.style.blockSize = `${this.#text.scrollHeight}px`;
  }

  #drawState() {
    const { empty, left, counted } = measure(this.#text.value);
    const waits = this.#wait > 0 && this.#edited === null;
    // Not `disabled`: the focus would be lost with each message sent.
    this.#send.setAttribute("aria-disabled", String(empty || left < 0 || waits));
    const count = find(this.#form, "[data-composer-count]");
    count.hidden = !counted;
    count.toggleAttribute("data-over", left < 0);
    setText(count, countText(left));
    const note = waits ? fill(gettext("Slow mode: you can send in %(seconds)s s"), { seconds: this.#wait }) : "";
    setText(find(this.#form, "[data-composer-note]"), note);
  }

  #drawEditing() {
    find(this.#form, "[data-composer-editing]").hidden = this.#edited === null;
    this.#doing.editing(this.#edited?.id ?? null);
  }
}

/** @param {number} left */
function countText(left) {
  if (left < 0) return fill(gettext("%(count)s too many"), { count: -left });
  return fill(gettext("%(count)s left"), { count: left });
}
