/**
 * The dialogs: opened by any `data-open-dialog`, sent to the API, closed when it took
 * them. What the server refuses stands beside its field, and nothing typed is lost.
 */

import { ApiError } from "./api-error.js";
import { find, findAs, setText } from "./dom.js";

/**
 * What a form does: gets its fields, answers a sentence to show in the dialog, ready
 * for the next, or nothing to close it. Rejects with ApiError if it is refused.
 *
 * @typedef {(fields: FormData) => Promise<string | undefined>} Sending
 */

/**
 * @param {string} name Of `data-dialog-form`.
 * @param {Sending} send
 * @param {(form: HTMLFormElement) => void} [prepare] Fills the fields before it opens.
 * @returns {() => void} Opens it.
 */
export function dialogForm(name, send, prepare = (form) => form.reset()) {
  const form = findAs(document, `form[data-dialog-form="${name}"]`, HTMLFormElement);
  const dialog = /** @type {HTMLDialogElement} */ (form.closest("dialog"));
  const open = () => {
    clear(form);
    prepare(form);
    dialog.showModal();
  };
  openers(dialog.id, open);
  closer(dialog);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit(form, dialog, send);
  });
  return open;
}

/** Asks before something that can't be undone. Every way out but its buttons means no. */
export class Question {
  #dialog;
  /** @type {((answer: string) => void) | null} */
  #answer = null;

  /** @param {string} id */
  constructor(id) {
    this.#dialog = findAs(document, `#${id}`, HTMLDialogElement);
    closer(this.#dialog);
    this.#dialog.addEventListener("close", () => {
      // The event comes a moment after the closing: by then the next question may stand there.
      if (!this.#dialog.open) this.#settle(this.#dialog.returnValue);
    });
  }

  /**
   * @param {string} [about] Shown where the dialog has a place for it.
   * @returns {Promise<string>} The value of the button; empty: no.
   */
  ask(about = "") {
    this.#settle("");
    const place = this.#dialog.querySelector("[data-about]");
    if (place !== null) setText(place, about);
    this.#dialog.returnValue = "";
    this.#dialog.showModal();
    return new Promise((resolve) => (this.#answer = resolve));
  }

  /** @param {string} answer */
  #settle(answer) {
    this.#answer?.(answer);
    this.#answer = null;
  }
}

/** @param {HTMLDialogElement} dialog */
function closer(dialog) {
  find(dialog, "[data-dialog-close]").addEventListener("click", () => dialog.close(""));
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
    if (done === undefined) return dialog.close("");
    tell(form, "[data-form-done]", done);
    form.reset();
    form.querySelector("input")?.focus();
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
  const inputs = [...form.elements].filter(isTyped);
  const wrong = inputs.find(({ name }) => name === error.field);
  if (wrong === undefined) {
    tell(form, "[data-form-error]", error.message);
  } else {
    wrong.setAttribute("aria-invalid", "true");
    setText(find(form, `[data-field-error="${wrong.name}"]`), error.message);
  }
  (wrong ?? inputs[0])?.focus();
}

/**
 * @param {Element} element
 * @returns {element is HTMLInputElement | HTMLTextAreaElement}
 */
function isTyped(element) {
  return element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;
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
