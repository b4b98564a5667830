/** Where things are kept between pages. */
import type { Storage, StorageScope } from './types.js';

/** Keys begin so; only those are ever cleared. */
export const PREFIX = 'sw:';

/**
 * The browser's two stores. Where a page may not use them (a sandboxed frame, a strict privacy setting), what is kept
 * lasts as long as the page.
 */
export function browserStorage(): Storage {
  const areas: Record<StorageScope, Pick<globalThis.Storage, 'getItem' | 'setItem' | 'removeItem'> & { keys(): string[] }> = {
    local: area('localStorage'),
    session: area('sessionStorage')
  };
  return {
    setItem: async (key, value, scope) => (value === null ? areas[scope].removeItem(key) : areas[scope].setItem(key, value)),
    getItem: async (key, scope) => areas[scope].getItem(key),
    removeItem: async (key, scope) => areas[scope].removeItem(key),
    clear: async (scope) => areas[scope].keys().forEach((key) => areas[scope].removeItem(key))
  };
}

function area(name: 'localStorage' | 'sessionStorage') {
  try {
    const store = globalThis[name];
    const probe = `${PREFIX}probe`;
    store.setItem(probe, '');
    store.removeItem(probe);
    return {
      getItem: (key: string) => store.getItem(key),
      setItem: (key: string, value: string) => store.setItem(key, value),
      removeItem: (key: string) => store.removeItem(key),
      keys: () => Object.keys(store).filter((key) => key.startsWith(PREFIX))
    };
  } catch {
    const kept = new Map<string, string>();
    return {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
      keys: () => [...kept.keys()]
    };
  }
}

/** Objects in a store of texts. What cannot be read counts as not kept. */
export class StorageManager {
  readonly #storage: Storage;

  constructor(storageImpl: Storage = browserStorage()) {
    this.#storage = storageImpl;
  }

  setItem(key: string, value: unknown, scope: StorageScope = 'local'): Promise<void> {
    return this.#storage.setItem(key, JSON.stringify(value), scope);
  }

  async getItem<T = unknown>(key: string, scope: StorageScope = 'local'): Promise<T | null> {
    try {
      return JSON.parse((await this.#storage.getItem(key, scope)) ?? 'null') as T | null;
    } catch {
      return null;
    }
  }

  removeItem(key: string, scope: StorageScope = 'local'): Promise<void> {
    return this.#storage.removeItem(key, scope);
  }

  async clearAll(): Promise<void> {
    await Promise.all([this.#storage.clear('local'), this.#storage.clear('session')]);
  }
}

const RESUMES = /^sw:.*:(as|pt|att)$/;
const TAB = `${PREFIX}tab`;
/** In a store that cannot be listed: the names of what resumes a session. */
const NAMES = `${PREFIX}names`;
/** An earlier page of this tab lets its lock go a moment after it is gone. */
const HANDOVER_MS = 1500;
let mine: Promise<boolean> | undefined;

/**
 * Whether what this tab's store holds was left by an earlier page of this same tab. A tab that is duplicated starts with a copy
 * of it: were that used, the copy would take session and calls from the tab that has them.
 */
function leftByThisTab(): Promise<boolean> {
  return (mine ??= claim());
}

async function claim(): Promise<boolean> {
  const locks = globalThis.navigator?.locks;
  let id: string | null;
  try {
    id = sessionStorage.getItem(TAB);
  } catch {
    return false;
  }
  // Without locks nothing can be told apart.
  if (!locks) return true;
  if (id && (await hold(id, { signal: AbortSignal.timeout(HANDOVER_MS) }))) return true;
  const fresh = crypto.randomUUID();
  sessionStorage.setItem(TAB, fresh);
  void hold(fresh, {});
  return !id;
}

/** Holds a lock for as long as the page lives; false when it cannot be had in time. */
function hold(id: string, options: LockOptions): Promise<boolean> {
  return new Promise((resolve) => {
    navigator.locks
      .request(`offhook:tab:${id}`, options, () => {
        resolve(true);
        return new Promise(() => undefined);
      })
      .catch(() => resolve(false));
  });
}

/**
 * What resumes a session: of this tab, kept over a reload; with `persistSession` of this browser, kept over its end too.
 * That second place belongs to one tab at a time: two that resume the same session would take it from each other.
 */
export class Resumable implements Pick<Storage, 'setItem' | 'removeItem'> {
  #mine: Promise<boolean> | undefined;
  #release: (() => void) | undefined;
  /** One name is added after the other. */
  #naming: Promise<void> = Promise.resolve();

  constructor(
    private readonly storage: Storage,
    private readonly persist: boolean,
    /** The store is the application's, and cannot be listed. */
    private readonly foreign = false
  ) {}

  /** Values of an earlier page. */
  async stored(): Promise<[string, string][]> {
    if (this.foreign) {
      const values = (await this.#named()).map(async (name) => [name, await this.storage.getItem(name, 'session')] as const);
      return (await Promise.all(values)).filter((pair): pair is [string, string] => pair[1] !== null);
    }
    const session = listed(() => sessionStorage);
    if (session.length && !(await leftByThisTab())) {
      for (const [key] of session) sessionStorage.removeItem(key);
      return [];
    }
    void leftByThisTab();
    if (session.length || !(await this.#isMine())) return session;
    return listed(() => localStorage);
  }

  async #named(): Promise<string[]> {
    const names = (await new StorageManager(this.storage).getItem<unknown>(NAMES, 'session')) ?? [];
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string' && RESUMES.test(name)) : [];
  }

  async setItem(key: string, value: string | null, scope: StorageScope): Promise<void> {
    await this.storage.setItem(key, value, scope);
    if (this.foreign && RESUMES.test(key)) {
      this.#naming = this.#naming.then(async () => {
        const names = await this.#named();
        if (!names.includes(key)) await this.storage.setItem(NAMES, JSON.stringify([...names, key]), 'session');
      });
      await this.#naming;
    }
    if (await this.#isMine()) await this.storage.setItem(key, value, 'local');
  }

  async removeItem(key: string, scope: StorageScope): Promise<void> {
    await this.storage.removeItem(key, scope);
    if (await this.#isMine()) await this.storage.removeItem(key, 'local');
  }

  release(): void {
    this.#release?.();
  }

  #isMine(): Promise<boolean> {
    if (!this.persist) return Promise.resolve(false);
    return (this.#mine ??= new Promise((resolve) => {
      const locks = globalThis.navigator?.locks;
      if (!locks) return resolve(false);
      locks
        .request('offhook:session', { ifAvailable: true }, (lock) => {
          resolve(lock !== null);
          return lock ? new Promise<void>((release) => (this.#release = release)) : undefined;
        })
        .catch(() => resolve(false));
    }));
  }
}

function listed(area: () => globalThis.Storage): [string, string][] {
  try {
    return Object.entries(area()).filter(([key]) => RESUMES.test(key)) as [string, string][];
  } catch {
    return [];
  }
}
