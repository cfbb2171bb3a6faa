/**
 * Who is typing: tells the room now and then while one types, and says in one line who
 * else does. What was told goes stale by itself; nobody relies on the "stopped".
 */

import { setText } from "./dom.js";
import { fill, gettext } from "./i18n.js";

/** @import { Clock, User } from "../realtime/types.d.ts" */

/** Told again this often while one goes on typing; believed for as long as two of these. */
const TELL_EVERY_MS = 3000;
const BELIEVED_MS = 6000;

/** Tells the others. */
export class TypingReport {
  #tell;
  #clock;
  #toldAt = -Infinity;

  /**
   * @param {(active: boolean) => void} tell
   * @param {Clock} clock
   */
  constructor(tell, clock) {
    this.#tell = tell;
    this.#clock = clock;
  }

  /** @param {boolean} active After every key. */
  report(active) {
    const now = this.#clock.now();
    if (active ? now - this.#toldAt < TELL_EVERY_MS : this.#toldAt === -Infinity) return;
    this.#toldAt = active ? now : -Infinity;
    this.#tell(active);
  }
}

/** Says who else types. */
export class TypingLine {
  #line;
  #clock;
  /** @type {Map<number, { name: string, until: number }>} */
  #typing = new Map();
  /** @type {unknown} */
  #timer = null;

  /**
   * @param {Node} line
   * @param {Clock} clock
   */
  constructor(line, clock) {
    this.#line = line;
    this.#clock = clock;
  }

  /**
   * @param {User} user
   * @param {boolean} active
   */
  heard(user, active) {
    if (active) this.#typing.set(user.id, { name: user.name, until: this.#clock.now() + BELIEVED_MS });
    else this.#typing.delete(user.id);
    this.#draw();
  }

  #draw() {
    const now = this.#clock.now();
    for (const [id, { until }] of this.#typing) {
      if (until <= now) this.#typing.delete(id);
    }
    setText(this.#line, typingText([...this.#typing.values()].map(({ name }) => name)));
    this.#clock.clearTimeout(this.#timer);
    if (this.#typing.size > 0) this.#timer = this.#clock.setTimeout(() => this.#draw(), 1000);
  }
}

/** @param {string[]} names */
export function typingText(names) {
  const [first, second] = names;
  if (names.length === 0) return "";
  if (names.length === 1) return fill(gettext("%(name)s is typing"), { name: first });
  if (names.length === 2) return fill(gettext("%(first)s and %(second)s are typing"), { first, second });
  return fill(gettext("%(count)s people are typing"), { count: names.length });
}
