const KEY = 'coldpress-api-key';

/** The API key lives in this browser tab's storage alone; it never enters a URL. */
export const apiKey = {
  get: (): string | null => sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY),
  set: (key: string, remember: boolean): void => (remember ? localStorage : sessionStorage).setItem(KEY, key),
  clear: (): void => {
    sessionStorage.removeItem(KEY);
    localStorage.removeItem(KEY);
  },
};
