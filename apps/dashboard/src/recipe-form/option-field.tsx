import { useId } from 'react';
import { kindOf, type Option, type OptionKind } from './option-kind.js';
import { listedValues, listText, plainText, valueRangeOf, readList, readValue } from './several-values.js';
import { leaveByEnter, useTyped, type Typed } from './use-typed.js';

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
  const toggle = () => onChange(several ? several[0] : valueRangeOf(startOf(kind, value ?? fallback)));
  return (
    <div className={`option${value === undefined ? '' : ' set'}`}>
      <label htmlFor={id} title={schema.description}>
        {name}
      </label>
      {several ? (
        <ListInput id={id} values={several} onChange={(values) => onChange(valueRangeOf(values))} />
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

interface InputProps {
  id: string;
  kind: OptionKind;
  value: unknown;
  /** The default in words. */
  shown: string;
  onChange: (value: unknown) => void;
}

function ValueInput({ id, kind, value, shown, onChange }: InputProps) {
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

/** A value as it is typed. */
function TypedInput({ id, kind, value, shown, onChange }: InputProps) {
  const standing = value === undefined ? '' : plainText(value);
  const typed = useTyped(standing, (text) => readValue(text, kind), onChange);
  const placeholder = shown || (kind.kind === 'yaml' ? 'default; YAML' : 'default');
  return <TextInput id={id} typed={typed} placeholder={placeholder} isNumber={kind.kind === 'number'} />;
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
  const typed = useTyped(listText(values), readSome, onChange);
  return <TextInput id={id} typed={typed} placeholder="8, 4, 2" isNumber={false} />;
}

function readSome(text: string): unknown[] {
  const values = readList(text);
  if (values.length === 0) throw new Error('Give one value at least, or switch “several values” off.');
  return values;
}

function TextInput({
  id,
  typed,
  placeholder,
  isNumber,
}: {
  id: string;
  typed: Typed;
  placeholder: string;
  isNumber: boolean;
}) {
  return (
    <>
      <input
        id={id}
        value={typed.text}
        placeholder={placeholder}
        inputMode={isNumber ? 'decimal' : 'text'}
        aria-invalid={typed.problem !== null}
        onChange={(event) => typed.type(event.target.value)}
        onBlur={typed.leave}
        onKeyDown={(event) => leaveByEnter(event, typed.leave)}
      />
      {typed.problem && (
        <p className="problem" role="alert">
          {typed.problem}
        </p>
      )}
    </>
  );
}
