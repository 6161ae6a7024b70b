import { KeyRole } from '#contracts';

const KEY = 'coldpress-api-key';
const OWN = 'coldpress-own-key';

/** Whose key it is, and what it opens; neither changes as long as there is the key. */
export interface OwnKey {
  name: string;
  role: KeyRole;
}

/** The API key lives in this browser tab's storage alone; it never enters a URL. */
export const apiKey = {
  get: (): string | null => sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY),
  set: (key: string, remember: boolean): void => (remember ? localStorage : sessionStorage).setItem(KEY, key),
  /** What the server said of the key; null where it was not asked yet. */
  own: (): OwnKey | null => readOwn(sessionStorage.getItem(OWN) ?? localStorage.getItem(OWN)),
  /** Keeps what the server said of the key beside it. */
  setOwn: ({ name, role }: OwnKey): void =>
    (sessionStorage.getItem(KEY) === null ? localStorage : sessionStorage).setItem(OWN, JSON.stringify({ name, role })),
  clear: (): void => {
    for (const storage of [sessionStorage, localStorage]) for (const item of [KEY, OWN]) storage.removeItem(item);
  },
};

function readOwn(text: string | null): OwnKey | null {
  try {
    const { name, role } = JSON.parse(text ?? '{}') as { name?: unknown; role?: unknown };
    const known = KeyRole.safeParse(role);
    return known.success ? { name: String(name), role: known.data } : null;
  } catch {
    return null;
  }
}
