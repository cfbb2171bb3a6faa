/**
 * The dialogs: opened by any `data-open-dialog`, sent to the API, closed when it took
 * them. What the server refuses stands beside its field, and nothing typed is lost.
 */

import { ApiError } from "./api.js";
import { find, findAs, setText } from "./dom.js";

/**
 * What a form does: gets its fields, answers a sentence to show in the dialog, or
 * nothing to close it.
 *
 * @typedef {(fields: FormData) => Promise<string | void>} Sending
 */

/**
 * @param {string} name Of `data-dialog-form`.
 * @param {Sending} send
 * @param {(form: HTMLFormElement) => void} [prepare] Fills the fields before it opens.
 */
export function dialogForm(name, send, prepare = (form) => form.reset()) {
  const form = findAs(document, `form[data-dialog-form="${name}"]`, HTMLFormElement);
  const dialog = /** @type {HTMLDialogElement} */ (form.closest("dialog"));
  openers(dialog.id, () => {
    clear(form);
    prepare(form);
    dialog.showModal();
  });
  closer(dialog);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit(form, dialog, send);
  });
}

/**
 * Ask before something that can't be undone.
 *
 * @param {HTMLDialogElement} dialog
 * @returns {Promise<boolean>}
 */
export function confirmed(dialog) {
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue !== ""), { once: true });
  });
}

/** @param {HTMLDialogElement} dialog */
export function closer(dialog) {
  find(dialog, "[data-dialog-close]").addEventListener("click", () => dialog.close(""));
  // A click on the dialog itself is one on its backdrop: its form covers the rest.
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog && outside(dialog, event)) dialog.close("");
  });
}

/**
 * @param {string} id
 * @param {() => void} open
 */
function openers(id, open) {
  for (const opener of document.querySelectorAll(`[data-open-dialog="${id}"]`)) {
    opener.addEventListener("click", () => {
      const menu = opener.closest("[popover]");
      if (menu instanceof HTMLElement) menu.hidePopover();
      open();
    });
  }
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLDialogElement} dialog
 * @param {Sending} send
 */
async function submit(form, dialog, send) {
  clear(form);
  const button = findAs(form, ".form__actions button:last-child", HTMLButtonElement);
  button.disabled = true;
  try {
    const done = await send(new FormData(form));
    if (typeof done === "string") tell(form, "[data-form-done]", done);
    else dialog.close("");
  } catch (error) {
    refuse(form, error instanceof ApiError ? error : new ApiError(0, String(error)));
  } finally {
    button.disabled = false;
  }
}

/**
 * @param {HTMLFormElement} form
 * @param {ApiError} error
 */
function refuse(form, error) {
  const inputs = [...form.elements].filter((element) => element instanceof HTMLInputElement);
  const wrong = inputs.filter(({ name }) => error.fields[name] !== undefined);
  for (const input of wrong) {
    input.setAttribute("aria-invalid", "true");
    const place = form.querySelector(`[data-field-error="${input.name}"]`);
    if (place !== null) place.textContent = error.fields[input.name];
  }
  if (wrong.length === 0) tell(form, "[data-form-error]", error.message);
  (wrong[0] ?? inputs[0])?.focus();
}

/**
 * @param {HTMLFormElement} form
 * @param {string} selector
 * @param {string} text
 */
function tell(form, selector, text) {
  const notice = find(form, selector);
  notice.hidden = false;
  notice.setAttribute("role", "alert");
  setText(notice, text);
}

/** @param {HTMLFormElement} form */
function clear(form) {
  for (const notice of form.querySelectorAll("[data-form-error], [data-form-done]")) notice.setAttribute("hidden", "");
  for (const place of form.querySelectorAll("[data-field-error]")) place.textContent = "";
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {MouseEvent} event
 */
function outside(dialog, { clientX, clientY }) {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  return clientX < left || clientX > right || clientY < top || clientY > bottom;
}
