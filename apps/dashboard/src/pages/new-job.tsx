import type { Preflight } from '#contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { ApiError } from '../api/client.js';
import {
  preflightJob,
  submitJob,
  uploadDataset,
  uploadModel,
  useDatasets,
  useModels,
  type Submission,
} from '../api/queries.js';
import { PassReference } from '../components/pass-reference.js';
import { shortDigest } from '../format.js';
import { EXAMPLE_RECIPES } from '../recipes.js';

export function NewJobPage() {
  const [submission, setSubmission] = useState<Submission>({
    name: '',
    model: '',
    dataset: null,
    recipe: EXAMPLE_RECIPES[0].recipe,
  });
  const change = (part: Partial<Submission>) => setSubmission((before) => ({ ...before, ...part }));
  const cleaned = { ...submission, name: submission.name || undefined };
  const check = useMutation({ mutationFn: () => preflightJob(cleaned as Submission) });
  const submit = useMutation({
    mutationFn: () => submitJob(cleaned as Submission),
    onSuccess: (job) => {
      location.hash = `#/jobs/${job.id}`;
    },
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    submit.mutate();
  };
  const error = submit.error ?? check.error;

  return (
    <form className="new-job" onSubmit={onSubmit}>
      <h1>New job</h1>
      <label>
        Name
        <input
          name="name"
          value={submission.name}
          placeholder="optional"
          onChange={(event) => change({ name: event.target.value })}
        />
      </label>
      <ModelField value={submission.model} onChange={(model) => change({ model })} />
      <DatasetField value={submission.dataset} onChange={(dataset) => change({ dataset })} />
      <label>
        Start from
        <select
          name="example"
          onChange={(event) => change({ recipe: EXAMPLE_RECIPES[Number(event.target.value)]?.recipe ?? '' })}
        >
          {EXAMPLE_RECIPES.map(({ title }, index) => (
            <option key={title} value={index}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <label>
        Recipe
        <textarea
          name="recipe"
          rows={20}
          spellCheck={false}
          value={submission.recipe}
          onChange={(event) => change({ recipe: event.target.value })}
        />
      </label>
      <div className="actions">
        <button
          type="button"
          className="quiet"
          disabled={!submission.model || check.isPending}
          onClick={() => check.mutate()}
        >
          Check
        </button>
        <button type="submit" disabled={!submission.model || submit.isPending}>
          Submit
        </button>
      </div>
      {error && <ProblemBox error={error} />}
      {check.data && !error && <PreflightBox preflight={check.data} />}
      <PassReference />
    </form>
  );
}

function ModelField({ value, onChange }: { value: string; onChange: (id: string) => void }) {
  const { data } = useModels();
  const chosen = data?.items.find(({ id }) => id === value);
  return (
    <Choice
      title="Model"
      name="model"
      value={value}
      options={(data?.items ?? []).map((model) => ({ id: model.id, text: `${model.name} (${shortDigest(model.id)})` }))}
      onChange={onChange}
      upload={async ([file]) => (await uploadModel(file!)).id}
      queryKey="models"
      accept=".onnx"
      hint="An ONNX file; it is stored once, under the SHA-256 of its bytes."
      warnings={chosen?.inspection.warnings ?? []}
    />
  );
}

function DatasetField({ value, onChange }: { value: string | null; onChange: (id: string | null) => void }) {
  const { data } = useDatasets();
  return (
    <Choice
      title="Data set"
      name="dataset"
      value={value ?? ''}
      options={(data?.items ?? []).map((dataset) => ({
        id: dataset.id,
        text: `${dataset.name} (${shortDigest(dataset.id)})`,
      }))}
      onChange={(id) => onChange(id || null)}
      upload={async (files) => (await uploadDataset(files)).id}
      queryKey="datasets"
      multiple
      accept=".yaml,.yml,.json,.npz,.npy"
      hint="Choose dataset.yaml together with the files that it names."
    />
  );
}

interface ChoiceProps {
  title: string;
  name: string;
  value: string;
  options: { id: string; text: string }[];
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
function Choice({
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
  return (
    <fieldset>
      <legend>{title}</legend>
      <select name={name} aria-label={title} value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="">choose…</option>
        {options.map((option) => (
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
      <p className="quiet">{isPending ? 'Uploading…' : hint}</p>
      {warnings.map((warning) => (
        <p key={warning} className="warning">
          {warning}
        </p>
      ))}
      {error && <ProblemBox error={error} />}
    </fieldset>
  );
}

function ProblemBox({ error }: { error: Error }) {
  const fields = error instanceof ApiError ? (error.problem.errors ?? []) : [];
  return (
    <div className="problem" role="alert">
      {error.message}
      <ul>
        {fields.map((field) => (
          <li key={field.field + field.message}>
            <code>{field.field}</code> {field.message}
          </li>
        ))}
      </ul>
    </div>
  );
}

function PreflightBox({ preflight }: { preflight: Preflight }) {
  if (preflight.problems.length > 0) {
    return (
      <ul className="problem" role="alert">
        {preflight.problems.map((problem) => (
          <li key={problem.field + problem.message}>
            <code>{problem.field}</code> {problem.message}
          </li>
        ))}
      </ul>
    );
  }
  return (
    <div className="card" role="status">
      <p>This job can run.</p>
      {preflight.skipped.length > 0 && (
        <details>
          <summary>{preflight.skipped.length} nodes would be left alone</summary>
          <ul>
            {preflight.skipped.map((item, index) => (
              <li key={index}>
                <strong>{item.pass}</strong> <code>{item.node}</code> {item.reason}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
