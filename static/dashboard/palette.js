/**
 * The colours of the style sheet for what is drawn on a canvas, which knows no custom
 * property and no theme: read from a hidden element, and again when the theme changes.
 */

const SERIES = 6;
/** Beside its colour each line has a pattern: no two are told apart by colour alone. */
const DASHES = [[], [7, 3], [2, 2.5], [9, 3, 2, 3], [12, 4], [4, 2, 1, 2]];

export class Palette {
  #probe = document.createElement("span");
  /** @type {Map<string, string>} */
  #colours = new Map();
  #changed;

  /** @param {() => void} changed */
  constructor(changed) {
    this.#changed = changed;
    this.#probe.hidden = true;
    document.body.append(this.#probe);
    new MutationObserver(() => this.#forget()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#forget());
  }

  /** @param {string} token "line" */
  colour(token) {
    let colour = this.#colours.get(token);
    if (colour === undefined) {
      this.#probe.style.color = `var(--${token})`;
      colour = getComputedStyle(this.#probe).color;
      this.#colours.set(token, colour);
    }
    return colour;
  }

  /** @param {number} n From 0. */
  series(n) {
    return this.colour(`series-${(n % SERIES) + 1}`);
  }

  /**
   * The same, hardly there: the ground under a line.
   *
   * @param {number} n
   */
  veil(n) {
    return this.series(n).replace(/\)$/, " / 0.13)");
  }

  /** @param {number} n */
  dash(n) {
    return DASHES[n % DASHES.length];
  }

  #forget() {
    this.#colours.clear();
    this.#changed();
  }
}
