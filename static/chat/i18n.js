/**
 * The page's language: Django's catalogue (loaded before every module), and the
 * language tag for dates and numbers. Without a catalogue the English stays.
 */

/**
 * @typedef {object} Catalogue
 * @property {(text: string) => string} gettext
 * @property {(one: string, many: string, count: number) => string} ngettext
 * @property {(format: string, values: object, named: true) => string} interpolate
 */

/** @type {Partial<Catalogue>} */
const catalogue = /** @type {any} */ (globalThis).django ?? {};

/**
 * @param {string} text
 * @returns {string}
 */
export function gettext(text) {
  return catalogue.gettext?.(text) ?? text;
}

/**
 * @param {string} one
 * @param {string} many
 * @param {number} count
 * @returns {string}
 */
export function ngettext(one, many, count) {
  return catalogue.ngettext?.(one, many, count) ?? (count === 1 ? one : many);
}

/**
 * Fill `%(name)s` in a translated sentence.
 *
 * @param {string} format
 * @param {{ [name: string]: string | number }} values
 * @returns {string}
 */
export function fill(format, values) {
  return format.replace(/%\((\w+)\)s/g, (whole, name) => String(values[name] ?? whole));
}
