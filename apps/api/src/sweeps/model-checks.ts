import { Injectable } from '@nestjs/common';
import { TUNING_OPTIONS, type Infeasible, type Preflight, type SweepForecast } from '#contracts';
import { ModelRepository } from '#database';
import type { PlannedStage, SpaceCheck } from '#pipeline';
import { Preflights } from '../jobs/preflights.js';
import type { SweepSubject } from './sweep-subject.js';

type Valid = SpaceCheck['valid'][number];

/** Recipes that are tried on the model at most; those beyond are tried as trials. */
const MOST = 128;

/** Tries the recipes of a space on its model, one for each that differs in what can keep it from running. */
@Injectable()
export class ModelChecks {
  constructor(
    private readonly models: ModelRepository,
    private readonly preflights: Preflights,
  ) {}

  /** What every recipe meets is a problem of the sweep; what some meet makes these infeasible. */
  async of(
    { valid }: SpaceCheck,
    { model, dataset }: SweepSubject,
  ): Promise<Pick<SweepForecast, 'problems' | 'infeasible' | 'skipped' | 'preflights'>> {
    const tried = distinct(valid).slice(0, MOST);
    const known = await this.known(tried);
    const found = await this.preflights.of(
      tried.map(({ stages }) => ({ model, dataset, stages })),
      known,
    );
    const reasons = reasonsOf(tried, found);
    const isEverywhere = ({ count }: Infeasible) => count === tried.length;
    return {
      problems: reasons.filter(isEverywhere).map(({ field, message }) => ({ field: `sweep.${field}`, message })),
      infeasible: reasons.filter((reason) => !isEverywhere(reason)),
      skipped: distinctBy(
        found.flatMap(({ skipped }) => skipped),
        ({ pass, node, reason }) => [pass, node, reason].join('\n'),
      ),
      preflights: tried.length,
    };
  }

  private async known(tried: readonly Valid[]): Promise<Set<string>> {
    const named = new Set(
      tried.flatMap(({ stages }) => stages.flatMap(({ reads }) => reads.models.map(({ digest }) => digest))),
    );
    const found = await Promise.all(
      [...named].map(async (digest) => ((await this.models.get(digest)) ? [digest] : [])),
    );
    return new Set(found.flat());
  }
}

/** One for each list of passes that differs in more than how long or how far a pass goes. */
function distinct(valid: readonly Valid[]): Valid[] {
  return distinctBy(valid, ({ stages }) => JSON.stringify(stages.map(untuned)));
}

const untuned = ({ pass, options }: PlannedStage) => [
  pass,
  Object.entries(options).filter(([name]) => !TUNING_OPTIONS.has(name)),
];

function distinctBy<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const found = new Map<string, T>();
  for (const item of items) if (!found.has(keyOf(item))) found.set(keyOf(item), item);
  return [...found.values()];
}

/** Every problem, with how many of the recipes meet it. */
function reasonsOf(tried: readonly Valid[], found: readonly Preflight[]): Infeasible[] {
  const reasons = new Map<string, Infeasible>();
  found.forEach(({ problems }, at) => {
    for (const { field, message } of problems) {
      const place = field.replace(/^recipe\./, '');
      const key = `${place}\n${message}`;
      const example = tried[at]?.assignment ?? {};
      const known = reasons.get(key) ?? { field: place, message, example, count: 0 };
      reasons.set(key, { ...known, count: known.count + 1 });
    }
  });
  return [...reasons.values()];
}
