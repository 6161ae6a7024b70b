/**
 * Removes what jsonb refuses: NUL characters and lone surrogates. A message from a broken file may hold either, and
 * must not keep its own failure from being recorded.
 */
export function storable<T>(value: T): T {
  const cleaned = (_key: string, item: unknown) => (typeof item === 'string' ? cleanText(item) : item);
  return JSON.parse(JSON.stringify(value), cleaned) as T;
}

function cleanText(text: string): string {
  return text.replaceAll(/\u0000|\p{Surrogate}/gu, '\ufffd');
}
