/**
 * Where the outbox is kept: IndexedDB, which outlives the tab, or this tab's
 * memory where there is none. Stores rows; does not know what is done with them.
 */

/** @import { Adoption, OutboxRow, OutboxStore } from "./types.d.ts" */

const DATABASE = "chorus-outbox";
const ROWS = "rows";
const BY_USER = "by_user";

/**
 * @param {IDBFactory | undefined} [factory]
 * @returns {Promise<OutboxStore>} Rejects where the browser has no IndexedDB, or keeps it from this page.
 */
export async function openStore(factory = globalThis.indexedDB) {
  if (!factory) throw new Error("This browser has no IndexedDB.");
  const opening = factory.open(DATABASE, 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore(ROWS, { keyPath: "key" }).createIndex(BY_USER, "user");
  };
  return new IndexedStore(await done(opening));
}

/** @implements {OutboxStore} */
class IndexedStore {
  #database;

  /** @param {IDBDatabase} database */
  constructor(database) {
    this.#database = database;
    // A newer version of this page, in another tab, wants to change the schema.
    database.onversionchange = () => database.close();
  }

  /** @param {string} user */
  load(user) {
    return this.#transact("readonly", (rows) => rows.index(BY_USER).getAll(user));
  }

  /** @param {OutboxRow} row */
  async put(row) {
    await this.#transact("readwrite", (rows) => rows.put(row));
  }

  /** @param {string} key */
  async remove(key) {
    await this.#transact("readwrite", (rows) => rows.delete(key));
  }

  /**
   * @param {string} user
   * @param {string} from
   * @param {string} to
   */
  async adopt(user, from, to) {
    /** @type {Adoption} */
    let adoption = { taken: [], rest: [] };
    await this.#transact("readwrite", (rows) => {
      const all = rows.index(BY_USER).getAll(user);
      all.onsuccess = () => {
        adoption = divide(all.result, from, to);
        for (const row of adoption.taken) rows.put(row);
      };
      return all;
    });
    return adoption;
  }

  close() {
    this.#database.close();
  }

  /**
   * @param {IDBTransactionMode} mode
   * @param {(rows: IDBObjectStore) => IDBRequest} use
   * @returns {Promise<any>} The request's result, once the transaction has committed.
   */
  async #transact(mode, use) {
    const transaction = this.#database.transaction(ROWS, mode);
    const request = use(transaction.objectStore(ROWS));
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    return request.result;
  }
}

/** The same, for as long as the tab lives. @implements {OutboxStore} */
export class MemoryStore {
  /** @type {Map<string, OutboxRow>} */
  #rows = new Map();

  /** @param {string} user */
  async load(user) {
    return [...this.#rows.values()].filter((row) => row.user === user);
  }

  /** @param {OutboxRow} row */
  async put(row) {
    this.#rows.set(row.key, row);
  }

  /** @param {string} key */
  async remove(key) {
    this.#rows.delete(key);
  }

  /**
   * @param {string} user
   * @param {string} from
   * @param {string} to
   */
  async adopt(user, from, to) {
    const adoption = divide(await this.load(user), from, to);
    for (const row of adoption.taken) this.#rows.set(row.key, row);
    return adoption;
  }

  close() {}
}

/**
 * @param {OutboxRow[]} rows
 * @param {string} from
 * @param {string} to
 * @returns {Adoption}
 */
function divide(rows, from, to) {
  const taken = rows.filter((row) => row.owner === from).map((row) => ({ ...row, owner: to }));
  return { taken, rest: rows.filter((row) => row.owner !== from) };
}

/**
 * @template Result
 * @param {IDBRequest<Result>} request
 * @returns {Promise<Result>}
 */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
