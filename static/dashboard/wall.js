/**
 * The page on a wall: nothing but the panels, larger, over the whole screen, and the
 * screen is kept awake. `?tv=1` in the address begins so, for a screen nobody stands at.
 */

const IDLE_MS = 3_000;

export class Wall {
  #root = document.documentElement;
  #button;
  /** @type {WakeLockSentinel | null} */
  #awake = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #moved = () => this.#stir();

  /** @param {HTMLElement} button aria-pressed says whether it is on. */
  constructor(button) {
    this.#button = button;
    button.addEventListener("click", () => this.toggle());
    document.addEventListener("fullscreenchange", () => {
      if (document.fullscreenElement === null) this.#set(false);
    });
    if (new URL(location.href).searchParams.get("tv") === "1") this.#set(true);
  }

  get isOn() {
    return this.#root.hasAttribute("data-tv");
  }

  toggle() {
    if (this.isOn) return this.leave();
    this.#set(true);
    // Refused where nobody pressed anything, or not known: then it fills the window.
    this.#root.requestFullscreen?.().catch(() => undefined);
  }

  leave() {
    if (!this.isOn) return;
    this.#set(false);
    if (document.fullscreenElement !== null) void document.exitFullscreen();
  }

  /** @param {boolean} on */
  #set(on) {
    if (on === this.isOn) return;
    this.#root.toggleAttribute("data-tv", on);
    this.#button.setAttribute("aria-pressed", String(on));
    const address = new URL(location.href);
    if (on) address.searchParams.set("tv", "1");
    else address.searchParams.delete("tv");
    history.replaceState(history.state, "", address);
    if (on) addEventListener("pointermove", this.#moved);
    else removeEventListener("pointermove", this.#moved);
    this.#stir();
    void this.#keepAwake(on);
  }

  /** The way out is shown while the mouse moves. */
  #stir() {
    this.#root.removeAttribute("data-tv-idle");
    clearTimeout(this.#timer);
    if (this.isOn) this.#timer = setTimeout(() => this.#root.setAttribute("data-tv-idle", ""), IDLE_MS);
  }

  /** @param {boolean} on */
  async #keepAwake(on) {
    try {
      if (on) this.#awake = await navigator.wakeLock.request("screen");
      else await this.#awake?.release();
    } catch {
      // Not to be had without HTTPS, or on a low battery; the screen then sleeps as ever.
    }
  }
}
