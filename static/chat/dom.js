/**
 * Finding elements that the templates promise. What is missing is a mistake in a
 * template, and says so at once instead of failing later somewhere else.
 */

/**
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {HTMLElement}
 */
export function find(root, selector) {
  return findAs(root, selector, HTMLElement);
}

/**
 * @template {Element} Kind
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function findAs(root, selector, kind) {
  const found = root.querySelector(selector);
  if (found instanceof kind) return found;
  throw new Error(`The page has no ${kind.name} "${selector}".`);
}

/**
 * @param {string} id Of a <template> with one element in it.
 * @returns {HTMLElement} A fresh copy.
 */
export function fromTemplate(id) {
  const blank = findAs(document, `#${id}`, HTMLTemplateElement).content.firstElementChild;
  return /** @type {HTMLElement} */ (document.importNode(/** @type {Element} */ (blank), true));
}

/**
 * Set text only where it differs: an unchanged node keeps selection and is not announced.
 *
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
