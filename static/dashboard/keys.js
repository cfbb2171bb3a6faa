/**
 * One key for what one does often. Not while one types, and not where the key does
 * something of its own: on a button the space bar presses it.
 */

/** @typedef {{ [key: string]: () => void }} Bindings By `KeyboardEvent.key`, letters small. */

/**
 * @param {EventTarget} page
 * @param {Bindings} bindings
 * @returns {() => void} Takes the listener away.
 */
export function bindKeys(page, bindings) {
  const pressed = (/** @type {Event} */ event) => {
    const action = actionOf(/** @type {KeyboardEvent} */ (event), bindings);
    if (action === undefined) return;
    event.preventDefault();
    action();
  };
  page.addEventListener("keydown", pressed);
  return () => page.removeEventListener("keydown", pressed);
}

/**
 * @param {Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "defaultPrevented" | "repeat" | "target">} event
 * @param {Bindings} bindings
 */
export function actionOf(event, bindings) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.repeat) return undefined;
  const target = /** @type {Partial<Element> | null} */ (event.target);
  if (target?.closest?.("input, textarea, select, [contenteditable], dialog[open], [popover]")) return undefined;
  return Object.hasOwn(bindings, event.key.toLowerCase()) ? bindings[event.key.toLowerCase()] : undefined;
}
