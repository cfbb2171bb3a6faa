/**
 * The theme switch: as the system, light, dark.
 *
 * The choice lives in a cookie that the server reads, so the next page comes
 * in the right colours at once; here it only spares the reload. What the colours
 * are stands in css/tokens.css.
 */

const COOKIE = "theme";
const YEAR_S = 365 * 24 * 3600;

/**
 * Remember and show a theme. Anything but "light" and "dark" means the system's.
 * @param {string} theme
 */
export function chooseTheme(theme) {
  const chosen = theme === "light" || theme === "dark";
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${COOKIE}=${chosen ? theme : ""}; Path=/; SameSite=Lax; Max-Age=${chosen ? YEAR_S : 0}${secure}`;
  if (chosen) {
    document.documentElement.dataset.theme = theme;
  } else {
    delete document.documentElement.dataset.theme;
  }
}

/** @param {HTMLFormElement} form */
function upgrade(form) {
  form.addEventListener("submit", (event) => {
    const pressed = /** @type {HTMLButtonElement | null} */ (event.submitter);
    if (pressed === null) return;
    event.preventDefault();
    chooseTheme(pressed.value);
    for (const button of form.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button === pressed));
    }
  });
}

for (const form of document.querySelectorAll("form[data-theme-switch]")) {
  upgrade(/** @type {HTMLFormElement} */ (form));
}
