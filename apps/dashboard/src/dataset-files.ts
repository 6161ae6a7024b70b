const MANIFEST = /\.(ya?ml|json)$/i;

export const isManifest = ({ name }: { name: string }): boolean => MANIFEST.test(name);

/** What is wrong with the files chosen for a data set, in the words of who chose them; null where nothing is. */
export function problemOfFiles(files: readonly { name: string }[]): string | null {
  const manifests = files.filter(isManifest).map(({ name }) => name);
  if (manifests.length === 1) return null;
  if (manifests.length > 1) return `Choose one manifest: ${manifests.join(' and ')} could each be it.`;
  const names = files.map(({ name }) => name).join(', ');
  return `The manifest is missing: choose dataset.yaml together with ${names}. It says what the arrays are.`;
}

/** A fault of a form, told of the files that were chosen for it. */
export function inWordsOfFiles(fault: { field: string; message: string }): { field: string; message: string } {
  return {
    field: fault.field.replace(/^files\./, ''),
    message: fault.message.replace('it was not sent', 'it was not chosen: choose it as well'),
  };
}
