import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { shortDigest } from '../format.js';
import { ProblemBox } from './problem-box.js';

interface ChoiceProps {
  title: string;
  name: string;
  value: string;
  /** Absent while they are loading. */
  options: { id: string; text: string }[] | undefined;
  onChange: (id: string) => void;
  upload: (files: File[]) => Promise<string>;
  queryKey: string;
  multiple?: boolean;
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
  accept,
  hint,
  warnings = [],
}: ChoiceProps) {
  const client = useQueryClient();
  const { mutate, isPending, error } = useMutation({
    mutationFn: upload,
    onSuccess: async (id) => {
      await client.invalidateQueries({ queryKey: [queryKey] });
      onChange(id);
    },
  });
  const [isOver, setOver] = useState(false);
  const isUnlisted = value !== '' && !options?.some(({ id }) => id === value);
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
        if (event.dataTransfer.files.length > 0) mutate([...event.dataTransfer.files]);
      }}
    >
      <legend>{title}</legend>
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
      <input
        type="file"
        aria-label={`Upload ${title.toLowerCase()}`}
        accept={accept}
        multiple={multiple}
        disabled={isPending}
        onChange={(event) => event.target.files?.length && mutate([...event.target.files])}
      />
      <p className="quiet" role="status">
        {isPending ? 'Uploading…' : hint}
      </p>
      {warnings.map((warning) => (
        <p key={warning} className="warning">
          {warning}
        </p>
      ))}
      {error && <ProblemBox error={error} />}
    </fieldset>
  );
}
