import { METRIC_NAMES, METRICS } from '#contracts';
import { BOUND_KINDS, withBound, withNewBound, withoutBound, type Bound, type BoundKind } from './recipe-text.js';
import { leaveByEnter, useTyped } from './use-typed.js';

const WORDS: Readonly<Record<BoundKind, string>> = {
  max: 'at most',
  min: 'at least',
  maxDrop: 'drops at most',
  maxRatio: 'at most × original',
};

/** Conditions on figures of the model: gates of a job, constraints of a sweep. */
export function BoundsField({
  list,
  text,
  bounds,
  onChange,
}: {
  list: Bound['list'];
  text: string;
  bounds: readonly Bound[];
  onChange: (text: string) => void;
}) {
  const title = list === 'gates' ? 'Gates' : 'Constraints';
  return (
    <fieldset>
      <legend>{title}</legend>
      {bounds.map((bound, index) => (
        <div key={index} className="bound">
          {bound.subject === undefined ? (
            <MetricChoice
              label={`Metric of ${title.toLowerCase()} ${index + 1}`}
              value={bound.metric}
              onChange={(metric) => onChange(withBound(text, bound, { metric }))}
            />
          ) : (
            <span>{bound.subject}</span>
          )}
          <select
            aria-label={`Kind of ${title.toLowerCase()} ${index + 1}`}
            value={bound.kind}
            onChange={(event) => onChange(withBound(text, bound, { kind: event.target.value as BoundKind }))}
          >
            {BOUND_KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {WORDS[kind]}
              </option>
            ))}
          </select>
          <NumberInput
            label={`Bound of ${title.toLowerCase()} ${index + 1}`}
            value={bound.value}
            onChange={(value) => value !== undefined && onChange(withBound(text, bound, { value }))}
          />
          <button
            type="button"
            className="quiet"
            aria-label={`Remove ${title.toLowerCase()} ${index + 1}`}
            onClick={() => onChange(withoutBound(text, bound))}
          >
            Remove
          </button>
        </div>
      ))}
      <button type="button" className="quiet" onClick={() => onChange(withNewBound(text, list))}>
        Add a condition
      </button>
    </fieldset>
  );
}

export function MetricChoice({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (metric: string) => void;
}) {
  return (
    <select aria-label={label} value={value} onChange={(event) => onChange(event.target.value)}>
      {!METRIC_NAMES.some((name) => name === value) && <option value={value}>{value}</option>}
      {METRIC_NAMES.map((name) => (
        <option key={name} value={name}>
          {METRICS[name].label}
        </option>
      ))}
    </select>
  );
}

/** A number that counts when the field is left; an empty field is told as undefined. */
export function NumberInput({
  label,
  value,
  placeholder,
  onChange,
}: {
  label: string;
  value: number | undefined;
  placeholder?: string;
  onChange: (value: number | undefined) => void;
}) {
  const typed = useTyped(value === undefined ? '' : String(value), readNumber, onChange);
  return (
    <input
      aria-label={label}
      inputMode="decimal"
      size={8}
      value={typed.text}
      placeholder={placeholder}
      aria-invalid={typed.problem !== null}
      title={typed.problem ?? undefined}
      onChange={(event) => typed.type(event.target.value)}
      onBlur={typed.leave}
      onKeyDown={(event) => leaveByEnter(event, typed.leave)}
    />
  );
}

function readNumber(text: string): number | undefined {
  if (text.trim() === '') return undefined;
  const value = Number(text);
  if (!Number.isFinite(value)) throw new Error(`“${text}” is no number`);
  return value;
}
