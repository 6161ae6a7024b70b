/**
 * Removes what jsonb refuses: NUL characters and lone surrogates. A message from a broken file may hold either, and
 * must not keep its own failure from being recorded.
 */
export function storable<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_key, item: unknown) =>
    typeof item === 'string' ? cleanText(item) : item,
  ) as T;
}

function cleanText(text: string): string {
  return text.replaceAll(/\u0000|\p{Surrogate}/gu, '\ufffd');
}
