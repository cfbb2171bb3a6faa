/**
 * The one polite live region. What comes close together is said together: a screen
 * reader that is given ten sentences a second reads none.
 */

import { findAs } from "./dom.js";
import { fill, gettext } from "./i18n.js";

/** @import { Message } from "../realtime/types.d.ts" */

const GATHER_MS = 1000;
/** Of more messages than this only the number is said. */
const SAID_MAX = 3;
const LENGTH_MAX = 200;

export class Announcer {
  #region = findAs(document, "#announcements", HTMLElement);
  /** @type {string[]} */
  #sentences = [];
  /** @type {Message[]} */
  #messages = [];
  #pending = false;

  /** @param {string} sentence */
  say(sentence) {
    this.#sentences.push(sentence);
    this.#later();
  }

  /** @param {Message} message */
  arrived(message) {
    this.#messages.push(message);
    this.#later();
  }

  #later() {
    if (this.#pending) return;
    this.#pending = true;
    setTimeout(() => this.#speak(), GATHER_MS);
  }

  #speak() {
    const told = [...new Set(this.#sentences), ...messageSentences(this.#messages)];
    this.#pending = false;
    this.#sentences = [];
    this.#messages = [];
    this.#region.textContent = told.join(" ");
  }
}

/** @param {Message[]} messages */
function messageSentences(messages) {
  if (messages.length > SAID_MAX) return [fill(gettext("%(count)s new messages."), { count: messages.length })];
  return messages.map(({ author, text }) => `${author.name}: ${(text ?? "").slice(0, LENGTH_MAX)}`);
}
