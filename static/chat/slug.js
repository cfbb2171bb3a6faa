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

/**
 * @param {string} slug
 * @param {ReadonlySet<string>} taken
 * @returns {string} "general-2" for "general", or the first after it that is not taken.
 */
export function freeVariant(slug, taken) {
  let number = 2;
  while (taken.has(`${slug}-${number}`)) number += 1;
  return `${slug}-${number}`;
}
