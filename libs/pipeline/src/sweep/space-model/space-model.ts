import type { Assignment } from '#contracts';
import type { CostModel, Coupling, Parameter, PartOption, Value } from '#search';
import type { SweepPlan } from '../sweep-plan.js';
import type { AnalyzedWidths, SpaceMeasures } from './measures.js';
import { partValues } from './part-values.js';
import { askedBy, type AskedOfParts } from './asked-of-parts.js';
import { surveyOf } from './survey.js';
import { termsOf, type Term } from './terms.js';

/** A parameter that the model tells something of, and the values that it knows. */
export interface ModelPart {
  parameter: Parameter;
  values: readonly Value[];
}

/** What a model foresees of a trial. */
export interface Foreseen {
  /** Bytes of the file; null where those of the input are not known. */
  bytes: number | null;
  /** Noise at the outputs as a share of the signal, before any training. */
  noise: number;
}

/** A model of a sweep's space. */
export interface SpaceModel {
  parts: readonly ModelPart[];
  model: CostModel;
  /** What a trial is foreseen to come to. */
  foresee(assignment: Assignment): Foreseen;
}

/** AskedOfParts of one part that may be combined with those of others in one term, at most. */
const MOST_PARAMETERS = 8;

/**
 * The model of a sweep over widths of layers and shares of channels: bytes are computed, noise at the outputs is what was
 * measured of each layer and each group of channels alone, added up as that of independent sources, and corrected for
 * pairs that were measured together. Null where nothing that was measured varies.
 */
export function spaceModel(plan: SweepPlan, measures: SpaceMeasures): SpaceModel | null {
  const widths = surveyOf(plan)?.widths ?? [];
  const isMeasured = (layer: AnalyzedWidths) =>
    widths.every((bits) => layer.widths.some((width) => width.bits === bits));
  const known = { ...measures, layers: widths.length > 0 ? measures.layers.filter(isMeasured) : [] };
  const terms = termsOf(plan, known).filter(({ parameters }) => parameters.length <= MOST_PARAMETERS);
  const names = new Set(terms.flatMap(({ parameters }) => parameters));
  const parameters = plan.space.parameters.filter(({ name }) => names.has(name));
  if (parameters.length === 0) return null;
  const parts = parameters.map((parameter): ModelPart => ({ parameter, values: partValues(parameter) }));
  const base = measures.bytes;
  return { parts, model: costModel(plan, parts, terms), foresee };

  function foresee(assignment: Assignment): Foreseen {
    const settings = askedBy(plan, assignment);
    const sum = (figure: (term: Term) => number) => terms.reduce((total, term) => total + figure(term), 0);
    const bytes = sum((term) => term.bytes(settings));
    return {
      bytes: base === null ? null : base + bytes,
      noise: Math.max(
        0,
        sum((term) => term.noise(settings)),
      ),
    };
  }
}

/** Terms of the same parameters are one coupling; those of one parameter alone are its options. */
function costModel(plan: SweepPlan, parts: readonly ModelPart[], terms: readonly Term[]): CostModel {
  const places = new Map(parts.map(({ parameter }, at) => [parameter.name, at]));
  const byParts = new Map<string, { parts: number[]; terms: Term[] }>();
  for (const term of terms) {
    const at = term.parameters.flatMap((name) => places.get(name) ?? []).toSorted((a, b) => a - b);
    const key = at.join();
    const known = byParts.get(key) ?? { parts: at, terms: [] };
    known.terms.push(term);
    byParts.set(key, known);
  }
  const settings = new KnownSettings(plan, parts);
  const sums = [...byParts.values()].map((group) => ({ ...group, sum: memorized(group, settings) }));
  const alone = (part: number) => sums.filter((group) => group.parts.length === 1 && group.parts[0] === part);
  const together = sums.filter((group) => group.parts.length > 1);
  return {
    parts: parts.map(({ values }, part) =>
      values.map((_, option) => added(alone(part).map(({ sum }) => sum([option])))),
    ),
    couplings: together.map(({ parts: own, sum }): Coupling => ({
      parts: own,
      cost: (options) => sum(options).cost,
      loss: (options) => sum(options).loss,
    })),
  };
}

const added = (options: readonly PartOption[]): PartOption => ({
  cost: options.reduce((sum, { cost }) => sum + cost, 0),
  loss: options.reduce((sum, { loss }) => sum + loss, 0),
});

/** The sum of terms by the options of their parts, each computed once. */
function memorized({ parts, terms }: { parts: readonly number[]; terms: readonly Term[] }, settings: KnownSettings) {
  const known = new Map<string, PartOption>();
  return (options: readonly number[]): PartOption => {
    const key = options.join();
    const found = known.get(key);
    if (found) return found;
    const at = settings.at(parts, options);
    const sum = added(terms.map((term) => ({ cost: term.bytes(at), loss: term.noise(at) })));
    known.set(key, sum);
    return sum;
  };
}

/** AskedOfParts of assignments that differ in some parts alone. */
class KnownSettings {
  private readonly known = new Map<string, AskedOfParts>();

  constructor(
    private readonly plan: SweepPlan,
    private readonly parts: readonly ModelPart[],
  ) {}

  at(places: readonly number[], options: readonly number[]): AskedOfParts {
    const key = places.map((place, i) => `${place}:${options[i]}`).join();
    const found = this.known.get(key);
    if (found) return found;
    const settings = askedBy(this.plan, this.assignment(places, options));
    this.known.set(key, settings);
    return settings;
  }

  private assignment(places: readonly number[], options: readonly number[]): Assignment {
    const chosen = new Map(places.map((place, i) => [this.parts[place]?.parameter.name, options[i] ?? 0]));
    return this.plan.space.assign((parameter) => {
      const part = this.parts.find((one) => one.parameter === parameter);
      const values = part?.values ?? partValues(parameter);
      return values[chosen.get(parameter.name) ?? 0] ?? 0;
    });
  }
}
