/** As much of a document as static/chat/markup/render.js builds with, and its HTML as chat/markup/html.py writes it. */

const ESCAPED = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;" };
/** Properties an element shows as attributes. */
const REFLECTED = { title: "title", rel: "rel", target: "target", dir: "dir", tabIndex: "tabindex" };

class FakeNode {
  /** @type {(FakeNode | string)[]} */
  childNodes = [];
  /** @type {FakeNode | null} */
  parentElement = null;
  /** @type {Map<string, string>} */
  #attributes = new Map();

  constructor(/** @type {string} */ tag) {
    this.tag = tag;
    for (const [property, attribute] of Object.entries(REFLECTED)) {
      Object.defineProperty(this, property, { set: (value) => this.setAttribute(attribute, String(value)) });
    }
  }

  set textContent(/** @type {string} */ text) {
    this.childNodes = [text];
  }

  append(/** @type {(FakeNode | string)[]} */ ...nodes) {
    for (const node of nodes) this.appendChild(node);
  }

  appendChild(/** @type {any} */ node) {
    if (node instanceof FakeNode) node.parentElement = this;
    this.childNodes.push(node);
    return node;
  }

  setAttribute(/** @type {string} */ name, /** @type {string} */ value) {
    this.#attributes.set(name, value);
  }

  /** Attributes by name, because the order in which they were set says nothing. */
  get html() {
    const inside = this.childNodes.map((node) => (node instanceof FakeNode ? node.html : escaped(node))).join("");
    if (this.tag === "") return inside;
    const attributes = [...this.#attributes].sort().map(([name, value]) => ` ${name}="${escaped(value)}"`);
    return `<${this.tag}${attributes.join("")}>${inside}</${this.tag}>`;
  }
}

export const fakeDocument = {
  createElement: (/** @type {string} */ tag) => new FakeNode(tag),
  createDocumentFragment: () => new FakeNode(""),
};

function escaped(/** @type {string} */ text) {
  return text.replace(/[&<>"']/g, (character) => ESCAPED[/** @type {keyof typeof ESCAPED} */ (character)]);
}
