/** The `code` of whatever was thrown: ours, Node's, or PostgreSQL's; undefined where it has none that is text. */
export function errorCode(error: unknown): string | undefined {
  const isObject = typeof error === 'object' && error !== null;
  return isObject && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
