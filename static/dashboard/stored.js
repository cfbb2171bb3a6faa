/**
 * What this browser remembers of the page. Nothing where it keeps nothing for this site.
 *
 * @returns {Storage | null}
 */
export function stored() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
