import type { Problem } from '#contracts';

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

/** An answer of the API that is not a success, as RFC 9457 describes it. */
export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title);
    this.name = 'ApiError';
  }
}

/** Sends a request with the key and throws ApiError unless it succeeds, Error where no answer came. */
export async function send(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const key = apiKey.get();
  if (key) headers.set('authorization', `Bearer ${key}`);
  const response = await fetch(path, { ...init, headers }).catch((cause: unknown) => {
    throw init.signal?.aborted ? cause : new Error('the server does not answer', { cause });
  });
  if (!response.ok) throw new ApiError(await problemOf(response));
  return response;
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await send(path, signal ? { signal } : {});
  return (await response.json()) as T;
}

export async function postJson<T>(path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<T> {
  const response = await send(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return (await response.json()) as T;
}

/** Saves an artifact; a fetch, because a link could not carry the key. */
export async function download(path: string, fileName: string): Promise<void> {
  const blob = await (await send(path)).blob();
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

async function problemOf(response: Response): Promise<Problem> {
  const fallback: Problem = {
    type: 'about:blank',
    title: response.statusText,
    status: response.status,
    code: 'unknown',
    detail: `the server answered ${response.status}`,
  };
  return response.json().then(
    (body: Problem) => ({ ...fallback, ...body }),
    () => fallback,
  );
}
