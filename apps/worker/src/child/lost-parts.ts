import type { ModelProto } from '#onnx';

/** What a model takes and gives, by name. */
export interface NamedParts {
  inputs: string[];
  /** Inputs that have a value in the file, for whoever feeds none. */
  defaults: string[];
  outputs: string[];
}

/** IR version from which on an input may have a default; before, every initializer had to be listed as an input. */
const DEFAULTS_IR_VERSION = 4n;

export function namedParts({ graph, irVersion }: ModelProto): NamedParts {
  const stored = new Set((graph?.initializer ?? []).map(({ name }) => name));
  const names = (graph?.input ?? []).map(({ name }) => name);
  return {
    inputs: names.filter((name) => !stored.has(name)),
    defaults: irVersion < DEFAULTS_IR_VERSION ? [] : names.filter((name) => stored.has(name)),
    outputs: (graph?.output ?? []).map(({ name }) => name),
  };
}

/** A warning for what a model had and its successor has not: whoever feeds or reads it must know. */
export function lostParts(before: NamedParts, after: NamedParts): string[] {
  return [
    ...said(
      gone(before.inputs, after.inputs),
      (names) => `the result has no ${names('input')}, which the model before it had`,
    ),
    ...said(
      gone(before.outputs, after.outputs),
      (names) => `the result has no ${names('output')}, which the model before it had`,
    ),
    ...said(
      gone(before.defaults, [...after.inputs, ...after.defaults]),
      (names) => `the default of ${names('input')} is a constant of the result, which nobody can feed`,
    ),
  ];
}

/** The summary with warnings beside those that the pass gave. */
export function withWarnings(summary: Record<string, unknown>, warnings: readonly string[]): Record<string, unknown> {
  if (warnings.length === 0) return summary;
  const own = Array.isArray(summary['warnings']) ? (summary['warnings'] as string[]) : [];
  return { ...summary, warnings: [...own, ...warnings] };
}

function gone(names: readonly string[], kept: readonly string[]): string[] {
  const there = new Set(kept);
  return names.filter((name) => !there.has(name));
}

function said(names: readonly string[], sentence: (listed: (what: string) => string) => string): string[] {
  const quoted = names.slice(0, 5).map((name) => `"${name}"`);
  const shown = `${quoted.join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`;
  const plural = names.length === 1 ? '' : 's';
  return names.length === 0 ? [] : [sentence((what) => `${what}${plural} ${shown}`)];
}
