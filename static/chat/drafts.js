/**
 * What was written and not sent, per user and room, kept over reloads until its user
 * logs out. A browser that keeps nothing for us only makes drafts shorter-lived.
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
    this.#name = prefixOf(userId) + slug;
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

/**
 * Forget what the user wrote in any room.
 *
 * @param {number} userId
 * @param {Storage} [keep]
 */
export function forgetDrafts(userId, keep = localStorage) {
  try {
    const names = Array.from({ length: keep.length }, (_, index) => keep.key(index) ?? "");
    for (const name of names.filter((each) => each.startsWith(prefixOf(userId)))) keep.removeItem(name);
  } catch {
    // Forbidden: then there is none.
  }
}

/** @param {number} userId */
function prefixOf(userId) {
  return `chorus:draft:${userId}:`;
}
