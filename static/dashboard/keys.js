/**
 * One key for what one does often. Not while one types, and not for who turned it off:
 * who speaks to the computer says letters that are no commands (WCAG 2.1.4).
 */

const STORED = "dashboard-keys";

/** @typedef {{ [key: string]: () => void }} Bindings By `KeyboardEvent.key`, letters small. */

/**
 * @param {EventTarget} page
 * @param {Bindings} bindings
 * @param {() => boolean} isOn Whether letters count; Escape always does.
 * @returns {() => void} Takes the listener away.
 */
export function bindKeys(page, bindings, isOn) {
  const pressed = (/** @type {Event} */ event) => {
    const key = /** @type {KeyboardEvent} */ (event);
    const action = key.key === "Escape" || isOn() ? actionOf(key, bindings) : undefined;
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
  if (target?.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable], dialog[open], [popover]")) return undefined;
  return Object.hasOwn(bindings, event.key.toLowerCase()) ? bindings[event.key.toLowerCase()] : undefined;
}

/**
 * The choice whether letters count, remembered in the browser.
 *
 * @param {HTMLInputElement} box
 * @param {Pick<Storage, "getItem" | "setItem"> | null} storage
 * @returns {() => boolean}
 */
export function keysChoice(box, storage) {
  box.checked = storage?.getItem(STORED) !== "off";
  box.addEventListener("change", () => storage?.setItem(STORED, box.checked ? "on" : "off"));
  return () => box.checked;
}
