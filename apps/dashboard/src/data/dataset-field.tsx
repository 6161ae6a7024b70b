import type { DatasetPreview } from '#contracts';
import { useQueryClient } from '@tanstack/react-query';
import { uploadDataset, useDatasets } from '../api/queries.js';
import { Choice } from '../components/choice.js';
import { useKept } from '../kept.js';
import { shortDigest } from '../format.js';
import type { DroppedFile } from './dropped-files.js';
import { GuessedData, previewFiles } from './guessed-data.js';
import { sendableOf, type Sendable } from './sendable.js';

interface Guessed {
  data: Sendable;
  guess: DatasetPreview;
  /** As it was changed. */
  manifest: string;
}

interface DatasetFieldProps {
  value: string | null;
  /** The model for which a manifest is guessed; empty while none is chosen. */
  model: string;
  onChange: (id: string | null) => void;
}

/** A stored data set, one with its manifest, or data of which the manifest is guessed. */
export function DatasetField({ value, model, onChange }: DatasetFieldProps) {
  const queries = useQueryClient();
  const { data } = useDatasets();
  const [guessed, setGuessed] = useKept<Guessed | null>('guessed data', null);
  const upload = async (dropped: DroppedFile[]): Promise<string | null> => {
    const sendable = await sendableOf(dropped);
    if (sendable.manifest) return (await uploadDataset([sendable.manifest, ...sendable.files])).id;
    if (model === '')
      throw new Error('Choose the model first: the manifest is guessed for it. Or drop dataset.yaml with the files.');
    const guess = await previewFiles(model, sendable);
    setGuessed({ data: sendable, guess, manifest: guess.manifest });
    return null;
  };
  const choose = async (id: string | null) => {
    setGuessed(null);
    onChange(id);
    await queries.invalidateQueries({ queryKey: ['datasets'] });
  };
  return (
    <>
      <Choice
        title="Data set"
        name="dataset"
        value={value ?? ''}
        options={data?.items.map(({ id, name }) => ({ id, text: `${name} (${shortDigest(id)})` }))}
        onChange={(id) => onChange(id || null)}
        upload={upload}
        queryKey="datasets"
        multiple
        folders
        accept=".yaml,.yml,.json,.npz,.npy,.safetensors,.csv,.tsv,.jsonl,.parquet,.zip"
        hint="Drop a folder of pictures, recordings or arrays, or a table: its manifest is guessed and shown with three samples. Or dataset.yaml with its files."
      />
      {guessed && (
        <GuessedData
          key={guessed.guess.manifest}
          model={model}
          data={guessed.data}
          guess={guessed.guess}
          manifest={guessed.manifest}
          onManifest={(manifest) => setGuessed({ ...guessed, manifest })}
          onStored={({ id }) => void choose(id)}
          onDropped={() => setGuessed(null)}
        />
      )}
    </>
  );
}
