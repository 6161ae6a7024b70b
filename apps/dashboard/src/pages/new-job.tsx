import { isPassing, newId, patiently } from '#client';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { launchSweep, submitJob, uploadModel, useModel, useModels } from '../api/queries.js';
import { Choice } from '../components/choice.js';
import { ModelFacts } from '../components/model-facts.js';
import { PassReference } from '../components/pass-reference.js';
import { ProblemNotice } from '../components/problem.js';
import { ProblemBox } from '../components/problem-box.js';
import { RecipeText, StartFrom } from '../components/recipe-field.js';
import { OneModelGraph } from '../model-graph/one-model-graph.js';
import { DatasetField } from '../data/dataset-field.js';
import { tellLost } from '../api/lost.js';
import { useRefusal } from '../api/own-key.js';
import { NEW_JOB, useDraft } from '../draft.js';
import { shortDigest } from '../format.js';
import type { PageProps } from '../route.js';
import { cloneOf, type Cloned } from '../recipe-form/clone.js';
import { LiveCheck } from '../recipe-form/live-check.js';
import { RecipeForm } from '../recipe-form/recipe-form.js';
import { viewOf } from '../recipe-form/recipe-text.js';
import { PRESETS } from '../recipes.js';
import { replaceAddress } from '../route.js';
import { useTitle } from '../title.js';

interface Draft {
  name: string;
  model: string;
  dataset: string | null;
  recipe: string;
  replaced: string | null;
}

const FIRST: Draft = { name: '', model: '', dataset: null, recipe: PRESETS[0].recipe, replaced: null };

/** A model, data and a recipe as a form; with several values of an option it is a sweep. */
export function NewJobPage({ query }: PageProps) {
  const [draft, change] = useDraft(NEW_JOB, FIRST);
  const clone = useClone(query, (cloned) => change({ ...cloned, replaced: draft.recipe }));
  useEffect(() => {
    const [model, dataset] = [query.get('model'), query.get('dataset')];
    if (model ?? dataset) change({ ...(model && { model }), ...(dataset && { dataset }) });
    // An address chooses once; what is chosen afterwards stands.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [query]);
  const { name, model, dataset, recipe, replaced } = draft;
  const { isSweep } = viewOf(recipe);
  useTitle(isSweep ? 'New sweep' : 'New job');
  const refusal = useRefusal('member');
  const submission = { ...(name && { name }), model, dataset, recipe };
  const key = useRef(newId());
  const submit = useMutation({
    mutationFn: async (asked: typeof submission) =>
      isSweep
        ? `#/sweeps/${(await launchSweep(asked, key.current)).id}`
        : `#/jobs/${(await submitJob(asked, key.current)).id}`,
    onSuccess: (address) => {
      location.hash = address;
    },
  });
  // A refusal is about the text that was sent, and about no other.
  const isAboutThis = JSON.stringify(submit.variables) === JSON.stringify(submission);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    // Of a submission whose answer was lost nobody knows whether it arrived: the same key finds it, in place of a second.
    if (!isAboutThis || !isPassing(submit.error)) key.current = newId();
    submit.mutate(submission);
  };
  return (
    <form className="new-job" onSubmit={onSubmit}>
      <h1>{isSweep ? 'New sweep' : 'New job'}</h1>
      <ProblemNotice error={clone.problem} />
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
      {model && <ChosenModel id={model} />}
      <DatasetField model={model} value={dataset} onChange={(id) => change({ dataset: id })} />
      <h2>Recipe</h2>
      <StartFrom
        value={recipe}
        replaced={replaced}
        onChange={(text, before) => change({ recipe: text, replaced: before })}
      />
      <RecipeForm
        text={recipe}
        subject={{ model, dataset }}
        onChange={(text) => change({ recipe: text })}
        onRemove={(text) => change({ recipe: text, replaced: recipe })}
      />
      <RecipeText value={recipe} onChange={(text) => change({ recipe: text })} />
      <div className="footer card">
        {refusal !== null ? (
          <p className="problem">{refusal}</p>
        ) : clone.isAwaited ? (
          <p className="quiet">Reading what is cloned…</p>
        ) : model ? (
          <LiveCheck submission={submission} isSweep={isSweep} />
        ) : (
          <p className="quiet">Choose a model first.</p>
        )}
        {submit.error && isAboutThis && <ProblemBox error={submit.error} />}
        <div className="actions">
          <button type="submit" disabled={!model || clone.isAwaited || submit.isPending || refusal !== null}>
            {submit.isPending ? 'Submitting…' : isSweep ? 'Launch sweep' : 'Submit'}
          </button>
        </div>
      </div>
      <PassReference />
    </form>
  );
}

interface Clone {
  /** Whether it is still to come. */
  isAwaited: boolean;
  problem: Error | null;
}

/** Takes over the job or the sweep that the address names. */
function useClone(query: URLSearchParams, onCloned: (cloned: Cloned) => void): Clone {
  const [problem, setProblem] = useState<Error | null>(null);
  const [job, sweep] = [query.get('job'), query.get('sweep')];
  const take = useRef(onCloned);
  take.current = onCloned;
  useEffect(() => {
    const id = sweep ?? job;
    if (id === null) return undefined;
    const abort = new AbortController();
    const { signal } = abort;
    const onBreak = ({ message }: Error) => tellLost(signal, message);
    patiently(() => cloneOf(sweep ? 'sweep' : 'job', id, signal), { signal, onBreak })
      .finally(() => tellLost(signal, null))
      .then(
        (cloned) => {
          take.current(cloned);
          // Once: what is changed from here on is the draft's own.
          replaceAddress('#/new');
        },
        (error: Error) => !signal.aborted && setProblem(error),
      );
    return () => abort.abort();
  }, [job, sweep]);
  return { isAwaited: (sweep ?? job) !== null && problem === null, problem };
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
      upload={async (files) => (await uploadModel(files)).id}
      queryKey="models"
      multiple
      folders
      accept=".onnx,.data,.onnx_data,.bin,.zip"
      hint="An ONNX file, with the files of its data if it has some, a folder or .zip of both, chosen or dropped here; it is stored once, under the SHA-256 of its bytes."
      warnings={chosen?.inspection.warnings ?? []}
    />
  );
}

/** What is known of the model that is chosen; its layers when they are asked for. */
function ChosenModel({ id }: { id: string }) {
  const { data } = useModel(id);
  const [isOpen, setOpen] = useState(false);
  const [view, setView] = useState<string | null>(null);
  if (!data) return null;
  return (
    <div className="card">
      <ModelFacts model={data} />
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>Graph of the model, layer by layer</summary>
        {isOpen && <OneModelGraph id={id} view={view} onView={setView} />}
      </details>
    </div>
  );
}
