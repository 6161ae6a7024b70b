import type { DatasetPreview, DatasetRecord } from '#contracts';
import { useMutation } from '@tanstack/react-query';
import { client } from '../api/client.js';
import { ConfirmButton } from '../components/confirm-button.js';
import { ProblemBox } from '../components/problem-box.js';
import { SampleCards } from './sample-cards.js';
import type { Sendable } from './sendable.js';

interface GuessedProps {
  /** The model that the data is for. */
  model: string;
  data: Sendable;
  guess: DatasetPreview;
  /** As it was changed. */
  manifest: string;
  onManifest: (manifest: string) => void;
  onStored: (dataset: DatasetRecord) => void;
  onDropped: () => void;
}

/** A manifest that was guessed, to be changed and tried, with three samples as the model gets them; nothing is kept until it is used. */
export function GuessedData({ model, data, guess, manifest, onManifest, onStored, onDropped }: GuessedProps) {
  const again = useMutation({ mutationFn: (text: string) => previewFiles(model, data, text) });
  const store = useMutation({ mutationFn: (text: string) => storeData(data, text), onSuccess: onStored });
  const shown = again.data ?? guess;
  const isStale = manifest !== shown.manifest;
  return (
    <section className="card" aria-label="Guessed data set">
      <h2>{data.name}: guessed from its files and the model</h2>
      {guess.notes.length > 0 && (
        <>
          <p>Look at:</p>
          <ul>
            {guess.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </>
      )}
      <label>
        Manifest
        <textarea
          name="manifest"
          rows={Math.min(24, manifest.split('\n').length + 1)}
          spellCheck={false}
          value={manifest}
          onChange={(event) => onManifest(event.target.value)}
        />
      </label>
      {isStale && <p className="warning">The samples below are those of the manifest before it was changed.</p>}
      <SampleCards preview={isStale ? { ...shown, problem: null, warnings: [] } : shown} />
      {again.error && again.variables === manifest && <ProblemBox error={again.error} />}
      {store.error && store.variables === manifest && <ProblemBox error={store.error} />}
      <div className="actions wrap">
        <button type="button" disabled={store.isPending} onClick={() => store.mutate(manifest)}>
          {store.isPending ? 'Uploading…' : 'Use this data set'}
        </button>
        <button type="button" className="quiet" disabled={again.isPending} onClick={() => again.mutate(manifest)}>
          {again.isPending ? 'Reading…' : 'Show samples again'}
        </button>
        {manifest === guess.manifest ? (
          <button type="button" className="quiet" onClick={onDropped}>
            Forget it
          </button>
        ) : (
          <ConfirmButton
            word="Forget"
            subject={data.name}
            question="The manifest as you changed it is lost; the files stay where they are."
            onConfirm={onDropped}
          />
        )}
      </div>
    </section>
  );
}

/** What the model would get of files; the manifest is guessed where there is none. */
export function previewFiles(model: string, { name, files }: Sendable, manifest?: string): Promise<DatasetPreview> {
  const body = new FormData();
  if (manifest !== undefined) body.append('manifest', new Blob([manifest]), 'dataset.yaml');
  for (const file of files) body.append('file', file, file.name);
  return client.previewFiles({ model, name, body });
}

function storeData({ files }: Sendable, manifest: string): Promise<DatasetRecord> {
  const body = new FormData();
  body.append('manifest', new Blob([manifest]), 'dataset.yaml');
  for (const file of files) body.append('file', file, file.name);
  return client.uploadDataset({ body });
}
