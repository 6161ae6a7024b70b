/** What `make` gives, made when it is first asked for and then kept: gradients of several inputs share their parts. */
export function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
