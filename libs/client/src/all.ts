import type { CallOptions } from './request.js';

/** A page of a list, as every list of the API answers. */
interface PageOf<T> {
  items: T[];
  nextCursor: string | null;
}

/**
 * Each item of a list from the cursor on, page after page as they are read:
 * `all(client.listJobs, { state: 'running' })`.
 */
export async function* all<T, Q extends object | undefined>(
  list: (query: Q, options?: CallOptions) => Promise<PageOf<T>>,
  query: NoInfer<NonNullable<Q> & { cursor?: string | undefined }>,
  options?: CallOptions,
): AsyncGenerator<T> {
  for (let { cursor } = query; ;) {
    const page = await list({ ...query, cursor }, options);
    yield* page.items;
    if (page.nextCursor === null) return;
    cursor = page.nextCursor;
  }
}

/** The first items of a list, and whether there are more than `most`. */
export async function firstOf<T>(items: AsyncIterable<T>, most: number): Promise<{ items: T[]; isCut: boolean }> {
  const collected: T[] = [];
  for await (const item of items) {
    if (collected.length === most) return { items: collected, isCut: true };
    collected.push(item);
  }
  return { items: collected, isCut: false };
}
