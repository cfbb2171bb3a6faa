/**
 * An EventTarget with typed details. The platform's own dispatch already keeps
 * listeners apart: one that throws is reported and the next one is called.
 */

/** @import { Target } from "./types.d.ts" */

class Dispatcher extends EventTarget {
  /**
   * @param {string} type
   * @param {unknown} detail
   */
  emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/**
 * @template Events
 * @typedef {Target<Events> & {
 *   emit<Name extends keyof Events & string>(type: Name, detail: Events[Name]): void,
 * }} EmitterOf
 */

/**
 * The class above, seen through the types of the events it carries: extend it
 * with `@extends {EmitterOf<MyEvents>}`.
 *
 * @type {new <Events>() => EmitterOf<Events>}
 */
export const Emitter = /** @type {any} */ (Dispatcher);
