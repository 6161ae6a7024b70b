import { useId, useState } from 'react';
import { kindOf, type Option, type OptionKind } from './option-kind.js';
import { listedValues, listText, plainText, rangeOf, readList, readValue } from './several-values.js';

interface OptionFieldProps {
  pass: string;
  option: Option;
  value: unknown;
  onChange: (value: unknown) => void;
}

/** An option of a pass with its default; a switch makes it several values, of which a sweep tries each. */
export function OptionField({ pass, option: { name, schema }, value, onChange }: OptionFieldProps) {
  const id = useId();
  const kind = kindOf(schema);
  const several = listedValues(value);
  const fallback = schema.default;
  const shown = fallback === undefined || typeof fallback === 'object' ? '' : String(fallback);
  const toggle = () => onChange(several ? several[0] : rangeOf(startOf(kind, value ?? fallback)));
  return (
    <div className={`option${value === undefined ? '' : ' set'}`}>
      <label htmlFor={id} title={schema.description}>
        {name}
      </label>
      {several ? (
        <ListInput id={id} values={several} onChange={(values) => onChange(rangeOf(values))} />
      ) : (
        <ValueInput id={id} kind={kind} value={value} shown={shown} onChange={onChange} />
      )}
      <button
        type="button"
        className="link"
        aria-pressed={several !== null}
        aria-label={`Several values of ${pass} ${name}`}
        onClick={toggle}
      >
        several values
      </button>
      {schema.description && <p className="quiet">{schema.description}</p>}
    </div>
  );
}

/** The list that a range begins with: every value where there are few, else the one that stands. */
function startOf(kind: OptionKind, value: unknown): unknown[] {
  if (kind.kind === 'choice') return [...kind.values];
  return value === undefined ? [] : [value];
}

function ValueInput({
  id,
  kind,
  value,
  shown,
  onChange,
}: {
  id: string;
  kind: OptionKind;
  value: unknown;
  shown: string;
  onChange: (value: unknown) => void;
}) {
  if (kind.kind === 'choice') {
    const index = kind.values.findIndex((each) => each === value);
    return (
      <select id={id} value={index} onChange={(event) => onChange(kind.values[Number(event.target.value)])}>
        <option value={-1}>
          {value === undefined || index >= 0 ? `default${shown && `: ${shown}`}` : plainText(value)}
        </option>
        {kind.values.map((each, at) => (
          <option key={String(each)} value={at}>
            {String(each)}
          </option>
        ))}
      </select>
    );
  }
  return <TypedInput id={id} kind={kind} value={value} shown={shown} onChange={onChange} />;
}

/** What is typed counts when the field is left, so that a half-typed value is none. */
function TypedInput({
  id,
  kind,
  value,
  shown,
  onChange,
}: {
  id: string;
  kind: OptionKind;
  value: unknown;
  shown: string;
  onChange: (value: unknown) => void;
}) {
  const standing = value === undefined ? '' : plainText(value);
  const [draft, setDraft] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const leave = () => {
    if (draft === null || draft === standing) return setDraft(null);
    try {
      onChange(readValue(draft, kind));
      setProblem(null);
      setDraft(null);
    } catch (error) {
      setProblem(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
    }
  };
  return (
    <>
      <input
        id={id}
        value={draft ?? standing}
        placeholder={shown || (kind.kind === 'yaml' ? 'default; YAML' : 'default')}
        inputMode={kind.kind === 'number' ? 'decimal' : 'text'}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={leave}
      />
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}

function ListInput({
  id,
  values,
  onChange,
}: {
  id: string;
  values: readonly unknown[];
  onChange: (values: unknown[]) => void;
}) {
  const [draft, setDraft] = useState<string | null>(null);
  const leave = () => {
    if (draft === null) return;
    try {
      const list = readList(draft);
      if (list.length > 0) onChange(list);
    } finally {
      setDraft(null);
    }
  };
  return (
    <input
      id={id}
      value={draft ?? listText(values)}
      placeholder="8, 4, 2"
      onChange={(event) => setDraft(event.target.value)}
      onBlur={leave}
    />
  );
}
