/**
 * The form that makes a room. Its address comes from its name; only when that is taken
 * does the form ask for another, and offers one that is free.
 */

import { ApiError } from "./api-error.js";
import { dialogForm } from "./dialogs.js";
import { find, findAs } from "./dom.js";
import { fill, gettext } from "./i18n.js";
import { freeVariant, slugOf } from "./slug.js";

/** @import { Api } from "./api.js" */

/**
 * @param {Api} api
 * @param {(slug: string) => string} roomUrl
 */
export function createRoomForm(api, roomUrl) {
  const form = findAs(document, "form[data-dialog-form=create]", HTMLFormElement);
  const address = findAs(form, "[name=slug]", HTMLInputElement);
  const addressField = find(form, "[data-address]");
  /** What was refused, private rooms nobody may know of included. @type {Set<string>} */
  const refused = new Set();

  dialogForm(
    "create",
    async (fields) => {
      const name = String(fields.get("name"));
      const slug = address.value.trim() || slugOf(name);
      const visibility = fields.get("private") === null ? "public" : "private";
      try {
        const made = await api.createRoom({ slug, name, topic: String(fields.get("topic") ?? ""), visibility });
        location.assign(roomUrl(made.slug));
      } catch (error) {
        if (!(error instanceof ApiError) || error.field !== "slug") throw error;
        throw await offerAnother(slug, error);
      }
      return undefined;
    },
    () => {
      form.reset();
      addressField.hidden = true;
      refused.clear();
    },
  );

  /**
   * @param {string} slug
   * @param {ApiError} error
   */
  async function offerAnother(slug, error) {
    addressField.hidden = false;
    // Written by hand and wrong in itself: the server's sentence says what.
    if (slug !== slugOf(slug)) return error;
    refused.add(slug);
    const { results } = await api.rooms(slug);
    const free = freeVariant(slug, new Set([...refused, ...results.map((room) => room.slug)]));
    address.value = free;
    return new ApiError(error.status, fill(gettext("“%(slug)s” is taken; “%(free)s” is free."), { slug, free }), { field: "slug" });
  }
}
