/**
 * Logging out of this browser: drafts go, and nothing unsent is left behind without a
 * word. docs/decisions/0020 says why.
 */

import { Question } from "./dialogs.js";
import { findAs } from "./dom.js";
import { forgetDrafts } from "./drafts.js";
import { fill, ngettext } from "./i18n.js";

/** @import { Outbox } from "../realtime/types.d.ts" */

/**
 * @param {Outbox} outbox
 * @param {number} userId
 */
export function logOutForm(outbox, userId) {
  const form = findAs(document, "form[data-log-out]", HTMLFormElement);
  const question = new Question("log-out");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void leave();
  });

  async function leave() {
    const unsent = outbox.entries().filter(({ state }) => state !== "sent");
    if (unsent.length > 0) {
      const answer = await question.ask(unsentText(unsent.length));
      if (answer === "") return;
      if (answer === "discard") for (const { key } of unsent) outbox.discard(key);
    }
    forgetDrafts(userId);
    form.submit();
  }
}

/** @param {number} count */
function unsentText(count) {
  const text = ngettext("%(count)s message has not been sent yet.", "%(count)s messages have not been sent yet.", count);
  return fill(text, { count });
}
