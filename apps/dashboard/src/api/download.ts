/** How long the browser may take to begin to save, ms. */
const KEPT_MS = 10_000;

/** Saves the bytes of a download; a fetch, because a link could not carry the key. */
export async function saveBytes(bytes: Promise<ReadableStream<Uint8Array>>, fileName: string): Promise<void> {
  saveBlob(await new Response(await bytes).blob(), fileName);
}

export function saveBlob(blob: Blob, fileName: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}
