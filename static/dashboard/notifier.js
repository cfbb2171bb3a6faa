/**
 * Alerts on the desktop, if they were asked for: the browser asks back once, and the wish
 * is remembered in it. Only while nobody looks at the page.
 */

import { gettext } from "../chat/i18n.js";
import { stored } from "./stored.js";

const KEY = "dashboard-notify";

export class Notifier {
  #button;
  #tell;

  /**
   * @param {HTMLElement} button aria-pressed says whether it is on.
   * @param {(sentence: string) => void} tell
   */
  constructor(button, tell) {
    this.#button = button;
    this.#tell = tell;
    button.hidden = typeof Notification === "undefined";
    button.addEventListener("click", () => void this.#toggle());
    this.#show();
  }

  /**
   * @param {string} title
   * @param {string[]} sentences
   */
  alert(title, sentences) {
    if (!this.#isOn() || document.visibilityState === "visible") return;
    const notification = new Notification(title, { body: sentences.join("\n"), tag: `dashboard ${title}` });
    notification.addEventListener("click", () => {
      window.focus();
      notification.close();
    });
  }

  async #toggle() {
    const wanted = !this.#isOn();
    if (wanted && (await Notification.requestPermission()) !== "granted") {
      return this.#tell(gettext("This browser does not allow notifications of this site."));
    }
    stored()?.setItem(KEY, wanted ? "on" : "off");
    this.#show();
    this.#tell(wanted ? gettext("You are told of alerts while this page is open.") : gettext("You are not told of alerts any more."));
  }

  #isOn() {
    return typeof Notification !== "undefined" && Notification.permission === "granted" && stored()?.getItem(KEY) === "on";
  }

  #show() {
    this.#button.setAttribute("aria-pressed", String(this.#isOn()));
  }
}
