import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { shortDigest } from '../format.js';
import { chosenFiles, droppedFiles, type DroppedFile } from '../data/dropped-files.js';
import { useRefusal } from '../api/own-key.js';
import { isPassing } from '#client';
import { ProblemBox } from './problem-box.js';

interface ChoiceProps {
  title: string;
  name: string;
  value: string;
  /** Absent while they are loading. */
  options: { id: string; text: string }[] | undefined;
  onChange: (id: string) => void;
  /** Answers with the id of what was stored; null where more is to be decided first. */
  upload: (files: DroppedFile[]) => Promise<string | null>;
  queryKey: string;
  multiple?: boolean;
  /** Whether a folder may be chosen as well. */
  folders?: boolean;
  accept: string;
  hint: ReactNode;
  /** What to know of the choice. */
  warnings?: readonly string[];
}

/** Choose a stored file, or upload one and have it chosen. */
export function Choice({
  title,
  name,
  value,
  options,
  onChange,
  upload,
  queryKey,
  multiple,
  folders = false,
  accept,
  hint,
  warnings = [],
}: ChoiceProps) {
  const client = useQueryClient();
  const { mutate, isPending, error, reset, variables } = useMutation({
    mutationFn: upload,
    onSuccess: async (id) => {
      if (id === null) return;
      await client.invalidateQueries({ queryKey: [queryKey] });
      onChange(id);
    },
  });
  const [isOver, setOver] = useState(false);
  const refusal = useRefusal('member');
  return (
    <fieldset
      className={isOver ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        void droppedFiles(event.dataTransfer).then((files) => files.length > 0 && refusal === null && mutate(files));
      }}
    >
      <legend>{title}</legend>
      <StoredFiles
        {...{ title, name, value, options }}
        onChange={(id) => {
          if (error) reset();
          onChange(id);
        }}
      />
      <input
        type="file"
        aria-label={`Upload ${title.toLowerCase()}`}
        accept={accept}
        multiple={multiple}
        disabled={isPending || refusal !== null}
        onChange={(event) => take(event.target, mutate)}
      />
      {folders && <FolderInput title={title} disabled={isPending || refusal !== null} onChosen={mutate} />}
      <p className="quiet" role="status">
        {isPending ? 'Uploading…' : (refusal ?? hint)}
      </p>
      {warnings.map((warning) => (
        <p key={warning} className="warning">
          {warning}
        </p>
      ))}
      {error && <ProblemBox error={error} />}
      {isPassing(error) && variables && (
        <button type="button" className="quiet" onClick={() => mutate(variables)}>
          Upload it again
        </button>
      )}
    </fieldset>
  );
}

/** A chosen file that is stored no longer stays in the list, and says so. */
function StoredFiles({
  title,
  name,
  value,
  options,
  onChange,
}: Pick<ChoiceProps, 'title' | 'name' | 'value' | 'options' | 'onChange'>) {
  const isUnlisted = value !== '' && !options?.some(({ id }) => id === value);
  return (
    <select name={name} aria-label={title} value={value} onChange={(event) => onChange(event.target.value)}>
      <option value="">choose…</option>
      {isUnlisted && (
        <option value={value}>
          {shortDigest(value)}
          {options && ' (no longer stored)'}
        </option>
      )}
      {(options ?? []).map((option) => (
        <option key={option.id} value={option.id}>
          {option.text}
        </option>
      ))}
    </select>
  );
}

interface FolderProps {
  title: string;
  disabled: boolean;
  onChosen: (files: DroppedFile[]) => void;
}

/** The same for a folder; the button stands for an input that cannot be both. */
function FolderInput({ title, disabled, onChosen }: FolderProps) {
  return (
    <label className="folder">
      or a folder{' '}
      <input
        type="file"
        aria-label={`Upload ${title.toLowerCase()} folder`}
        // React does not know the attribute's type.
        {...{ webkitdirectory: '' }}
        disabled={disabled}
        onChange={(event) => take(event.target, onChosen)}
      />
    </label>
  );
}

/** Takes the files of an input, which is empty afterwards: the same ones may be chosen again. */
function take(input: HTMLInputElement, onChosen: (files: DroppedFile[]) => void): void {
  const files = chosenFiles(input.files ?? []);
  input.value = '';
  if (files.length > 0) onChosen(files);
}
