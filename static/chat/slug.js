/**
 * A room's address from its name. Pure but for the letters at the end of a name that
 * has none an address can hold.
 */

const SLUG_MAX = 48;

/**
 * @param {string} name
 * @returns {string} "Café am Meer" becomes "cafe-am-meer".
 */
export function slugOf(name) {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const slug = plain.replace(/[^a-z0-9]+/g, "-").slice(0, SLUG_MAX).replace(/^-+|-+$/g, "");
  return slug === "" ? `room-${crypto.randomUUID().slice(0, 8)}` : slug;
}
