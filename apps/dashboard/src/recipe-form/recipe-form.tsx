import { usePasses } from '../api/queries.js';
import { BoundsField } from './bounds-field.js';
import { StepCard } from './step-card.js';
import { SweepFields } from './sweep-fields.js';
import type { SearchedOn } from './warm-start-field.js';
import { viewOf, withMovedStep, withoutStep, withStep, withValue } from './recipe-text.js';

interface RecipeFormProps {
  text: string;
  /** What it is to run on. */
  subject: SearchedOn;
  onChange: (text: string) => void;
  /** The text without a step, whose options would be lost. */
  onRemove: (text: string) => void;
}

/** The recipe as cards, made from the schemas of the passes; each change is one of the text. */
export function RecipeForm({ text, subject, onChange, onRemove }: RecipeFormProps) {
  const { data } = usePasses();
  const view = viewOf(text);
  if (view.problem !== null)
    return <p className="warning">The form cannot show this text: {view.problem}. Mend it below.</p>;
  return (
    <div className="plain">
      {view.steps.map((step, index) => (
        <StepCard
          key={index}
          step={step}
          index={index}
          count={view.steps.length}
          info={data?.items.find(({ name }) => name === step.pass)}
          onOption={(name, value) => onChange(withValue(text, ['passes', index, 'options', name], value))}
          onMove={(by) => onChange(withMovedStep(text, index, by))}
          onRemove={() => onRemove(withoutStep(text, index))}
        />
      ))}
      <label className="add-step">
        Add a pass{' '}
        <select value="" onChange={(event) => onChange(withStep(text, event.target.value))}>
          <option value="">choose…</option>
          {(data?.items ?? []).map(({ name, summary }) => (
            <option key={name} value={name} title={summary}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {view.isSweep ? (
        <SweepFields text={text} view={view} subject={subject} onChange={onChange} />
      ) : (
        <BoundsField list="gates" text={text} bounds={view.gates} onChange={onChange} />
      )}
    </div>
  );
}
