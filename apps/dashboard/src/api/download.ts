import { UnreachableError } from '#client';

/** How long the browser may take to begin to save, ms. */
const KEPT_MS = 10_000;

/** All of an answer that comes in pieces. Throws UnreachableError where the connection breaks within it. */
export async function wholeOf(bytes: Promise<ReadableStream<Uint8Array>>): Promise<Response> {
  const response = new Response(await bytes);
  const whole = await response.blob().catch((cause: unknown) => {
    throw new UnreachableError('', cause);
  });
  return new Response(whole);
}

/** Saves the bytes of a download; a fetch, because a link could not carry the key. */
export async function saveBytes(bytes: Promise<ReadableStream<Uint8Array>>, fileName: string): Promise<void> {
  saveBlob(await (await wholeOf(bytes)).blob(), fileName);
}

export function saveBlob(blob: Blob, fileName: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}
