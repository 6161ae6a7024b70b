/** What file systems allow for one name, in UTF-8. */
export const MAX_FILE_NAME_BYTES = 255;

/** Whether a name from outside names a file in a folder, and nothing else. */
export function isPlainFileName(name: string): boolean {
  return (
    name !== '' &&
    name !== '.' &&
    name !== '..' &&
    bytesOf(name) <= MAX_FILE_NAME_BYTES &&
    !/[\\/\u0000-\u001f]/.test(name)
  );
}

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;
