/**
 * The line under the header. It keeps quiet about hiccups, counts down while waiting,
 * and says shortly what was caught up when the connection is back.
 */

import { backLine, connectionLine } from "./connection-text.js";
import { find, setText } from "./dom.js";

/** @import { Client } from "../realtime/types.d.ts" */
/** @import { Line } from "./connection-text.js" */

/** A page that is just connecting, or a blink of the network, is nobody's business. */
const PATIENCE_MS = 1500;
const BACK_MS = 4000;
/** An attempt that fails sooner than this shows nothing: the line would only flicker. */
const ATTEMPT_MS = 400;
const TICK_MS = 500;

export class ConnectionLine {
  #element;
  #client;
  #announce;
  /** When the connection went away; null while it is there. @type {number | null} */
  #lostAt = Date.now();
  /** Until when "Back" stands. */
  #backUntil = 0;
  /** @type {Line | null} */
  #back = null;
  #caughtUp = 0;
  #shown = false;
  #changedAt = 0;
  /** What was said aloud of this outage: that it is one, or that it is final. */
  #said = "";

  /**
   * @param {HTMLElement} element
   * @param {Client} client
   * @param {(text: string) => void} announce
   */
  constructor(element, client, announce) {
    this.#element = element;
    this.#client = client;
    this.#announce = announce;
    client.addEventListener("state", () => this.#changed());
    client.outbox.addEventListener("change", () => this.#draw());
    const retry = find(element, "[data-connection-retry]");
    retry.addEventListener("click", () => (client.state === "closed" ? client.start() : client.retryNow()));
    setInterval(() => this.#draw(), TICK_MS);
  }

  /** @param {number} count Changes the room was told of afterwards. */
  recovered(count) {
    this.#caughtUp += count;
    if (this.#back !== null) this.#welcome();
  }

  #changed() {
    this.#changedAt = Date.now();
    if (this.#client.state === "connected") {
      if (this.#shown) this.#welcome();
      this.#lostAt = null;
      this.#caughtUp = 0;
      this.#said = "";
    } else {
      this.#lostAt ??= Date.now();
      this.#back = null;
    }
    this.#draw();
  }

  #welcome() {
    this.#back = backLine(this.#caughtUp);
    this.#backUntil = Date.now() + BACK_MS;
    this.#announce(this.#back.text);
    this.#draw();
  }

  #draw() {
    const now = Date.now();
    if (this.#back !== null && now > this.#backUntil) this.#back = null;
    if (this.#client.state === "connecting" && this.#shown && now - this.#changedAt < ATTEMPT_MS) return;
    const line = this.#back ?? connectionLine(this.#client.status, this.#client.outbox.waiting, now);
    const patient = this.#lostAt !== null && now - this.#lostAt < PATIENCE_MS && this.#client.state !== "closed";
    this.#shown = line.text !== "" && !(patient && this.#element.hidden);
    this.#show(line);
    if (this.#lostAt !== null && this.#shown) this.#say();
  }

  /** Once an outage: whoever listens does not want every second counted. */
  #say() {
    const what = this.#client.state === "closed" ? "closed" : "away";
    if (this.#said === what) return;
    this.#said = what;
    this.#announce(find(this.#element, "[data-connection-text]").innerText);
  }

  /** @param {Line} line */
  #show({ text, tone, offer }) {
    this.#element.hidden = !this.#shown;
    if (!this.#shown) return;
    this.#element.dataset.tone = tone;
    setText(find(this.#element, "[data-connection-text]"), text);
    find(this.#element, "[data-connection-retry]").hidden = offer !== "retry";
    find(this.#element, "[data-connection-reload]").hidden = offer !== "reload";
  }
}
