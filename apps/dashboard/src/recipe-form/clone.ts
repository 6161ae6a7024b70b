import { stringify } from 'yaml';
import { client } from '../api/client.js';

/** What a new job begins with: that of an earlier one. */
export interface Cloned {
  name: string;
  model: string;
  dataset: string | null;
  recipe: string;
}

/** A job or a sweep as a draft of a new one. */
export async function cloneOf(kind: 'job' | 'sweep', id: string, signal: AbortSignal): Promise<Cloned> {
  if (kind === 'sweep') {
    const { name, modelId, datasetId, document } = await client.getSweep({ id }, { signal });
    return { name: name ?? '', model: modelId, dataset: datasetId, recipe: textOf(document) };
  }
  const { name, modelId, datasetId, recipe } = await client.getJob({ id }, { signal });
  return { name: name ?? '', model: modelId, dataset: datasetId, recipe: textOf(recipe) };
}

/** As a person would write it: without what is empty. */
function textOf(document: object): string {
  const isSaid = (value: unknown) => !isEmpty(value);
  const said = Object.entries(document).filter(([, value]) => isSaid(value));
  return stringify(Object.fromEntries(said), { lineWidth: 0 });
}

function isEmpty(value: unknown): boolean {
  if (value === undefined) return true;
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
