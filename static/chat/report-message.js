/**
 * Reporting somebody else's message to staff: what is wrong with it, and a
 * word about it. Nobody in the room hears of it.
 */

import { dialogForm } from "./dialogs.js";
import { find, setText } from "./dom.js";
import { gettext } from "./i18n.js";

/** @import { Api } from "./api.js" */
/** @import { MessageRow } from "./types.d.ts" */

/**
 * @param {Api} api
 * @param {string} slug
 * @param {(sentence: string) => void} tell Says at the edge of the page what came of it.
 * @returns {(row: MessageRow) => void} Asks about a message.
 */
export function reportForm(api, slug, tell) {
  /** @type {MessageRow | null} */
  let reported = null;

  const open = dialogForm(
    "report",
    async (fields) => {
      if (reported?.id == null) return undefined;
      const report = { reason: String(fields.get("reason") ?? ""), note: String(fields.get("note") ?? "") };
      const { duplicate } = await api.report(slug, reported.id, report);
      tell(duplicate ? gettext("You have reported this before; staff will look at it.")
        : gettext("Reported. Staff will look at it; nobody else is told."));
      return undefined;
    },
    (form) => {
      form.reset();
      setText(find(form, "[data-about-author]"), reported?.author.name ?? "");
      setText(find(form, "[data-about]"), reported?.text ?? "");
    },
  );

  return (row) => {
    reported = row;
    open();
  };
}
