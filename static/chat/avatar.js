/**
 * Initials and colour of a person: the same here as in the server's first paint
 * (chat.templatetags.ui), and the same for one person wherever they appear.
 */

/** How many colours css/avatar.css has. */
const TINTS = 12;

/**
 * @param {number} userId
 * @returns {number} 0 ≤ n < 12. Knuth's multiplicative hash, so that neighbours differ.
 */
export function tintOf(userId) {
  return (Math.imul(userId, 2_654_435_761) >>> 0) % TINTS;
}

/**
 * @param {string} name
 * @returns {string} "Ada Lovelace" and "ada.lovelace" give "AL", "ada" gives "A".
 */
export function initialsOf(name) {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");
  const ends = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return ends.map((word) => [...word][0].toUpperCase()).join("");
}
