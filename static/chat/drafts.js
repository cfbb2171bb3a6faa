/**
 * What was written and not sent, per user and room, kept over reloads. A browser that
 * keeps nothing for us only makes drafts shorter-lived.
 */

/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} Keep */

export class Draft {
  #keep;
  #name;

  /**
   * @param {number} userId
   * @param {string} slug
   * @param {Keep} [keep]
   */
  constructor(userId, slug, keep = localStorage) {
    this.#keep = keep;
    this.#name = `chorus:draft:${userId}:${slug}`;
  }

  read() {
    try {
      return this.#keep.getItem(this.#name) ?? "";
    } catch {
      return "";
    }
  }

  /** @param {string} text */
  write(text) {
    try {
      if (text === "") this.#keep.removeItem(this.#name);
      else this.#keep.setItem(this.#name, text);
    } catch {
      // Full or forbidden: the text is still in the field.
    }
  }
}
