import { useMutation } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import {
  preflightJob,
  submitJob,
  uploadDataset,
  uploadModel,
  useDatasets,
  useModels,
  type Submission,
} from '../api/queries.js';
import { Choice } from '../components/choice.js';
import { PassReference } from '../components/pass-reference.js';
import { PreflightBox } from '../components/preflight-box.js';
import { ProblemBox } from '../components/problem-box.js';
import { RecipeField } from '../components/recipe-field.js';
import { useDraft } from '../draft.js';
import { shortDigest } from '../format.js';
import { EXAMPLE_RECIPES } from '../recipes.js';
import { useTitle } from '../title.js';

interface Draft {
  name: string;
  model: string;
  dataset: string | null;
  recipe: string;
  replaced: string | null;
}

const FIRST: Draft = { name: '', model: '', dataset: null, recipe: EXAMPLE_RECIPES[0].recipe, replaced: null };

export function NewJobPage() {
  useTitle('New job');
  const [draft, change] = useDraft('coldpress-new-job', FIRST);
  const { name, model, dataset, recipe, replaced } = draft;
  const submission: Submission = { ...(name && { name }), model, dataset, recipe };
  const check = useMutation({ mutationFn: preflightJob });
  const submit = useMutation({
    mutationFn: submitJob,
    onSuccess: (job) => {
      location.hash = `#/jobs/${job.id}`;
    },
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    submit.mutate(submission);
  };
  const verdict = newestAbout(submission, [check, submit]);
  return (
    <form className="new-job" onSubmit={onSubmit}>
      <h1>New job</h1>
      <label>
        Name
        <input
          name="name"
          value={name}
          placeholder="optional"
          onChange={(event) => change({ name: event.target.value })}
        />
      </label>
      <ModelField value={model} onChange={(id) => change({ model: id })} />
      <DatasetField value={dataset} onChange={(id) => change({ dataset: id })} />
      <RecipeField
        value={recipe}
        replaced={replaced}
        onChange={(text, before) => change({ recipe: text, replaced: before })}
      />
      <div className="actions">
        {!model && <span className="quiet">Choose a model first.</span>}
        <button
          type="button"
          className="quiet"
          disabled={!model || check.isPending}
          onClick={() => check.mutate(submission)}
        >
          {check.isPending ? 'Checking…' : 'Check'}
        </button>
        <button type="submit" disabled={!model || submit.isPending}>
          {submit.isPending ? 'Submitting…' : 'Submit'}
        </button>
      </div>
      {verdict?.error && <ProblemBox error={verdict.error} />}
      {verdict === check && check.data && <PreflightBox preflight={check.data} />}
      <PassReference />
    </form>
  );
}

interface Asked {
  variables: Submission | undefined;
  submittedAt: number;
  status: string;
  error: Error | null;
}

/** The newest answer that is about what now stands in the form: one about an older text is no verdict on this one. */
function newestAbout<A extends Asked>(submission: Submission, asked: readonly A[]): A | undefined {
  const text = JSON.stringify(submission);
  const about = asked.filter(({ status, variables }) => status !== 'idle' && JSON.stringify(variables) === text);
  return about.sort((a, b) => b.submittedAt - a.submittedAt)[0];
}

function ModelField({ value, onChange }: { value: string; onChange: (id: string) => void }) {
  const { data } = useModels();
  const chosen = data?.items.find(({ id }) => id === value);
  return (
    <Choice
      title="Model"
      name="model"
      value={value}
      options={data?.items.map((model) => ({ id: model.id, text: `${model.name} (${shortDigest(model.id)})` }))}
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
      options={data?.items.map((dataset) => ({ id: dataset.id, text: `${dataset.name} (${shortDigest(dataset.id)})` }))}
      onChange={(id) => onChange(id || null)}
      upload={async (files) => (await uploadDataset(files)).id}
      queryKey="datasets"
      multiple
      accept=".yaml,.yml,.json,.npz,.npy,.safetensors"
      hint="Choose dataset.yaml together with the files that it names."
    />
  );
}
