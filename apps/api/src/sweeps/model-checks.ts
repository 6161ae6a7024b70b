import { Inject, Injectable } from '@nestjs/common';
import {
  TUNING_OPTIONS,
  type Config,
  type FieldProblem,
  type Infeasible,
  type Preflight,
  type SweepForecast,
} from '#contracts';
import { ModelRepository } from '#database';
import { CONFIG } from '#infrastructure';
import { verifyField, verifyingStages, type PlannedStage, type SpaceCheck } from '#pipeline';
import { deniedModules } from '../jobs/denied-modules.js';
import { Preflights } from '../jobs/preflights.js';
import type { SweepSubject } from './sweep-subject.js';

type Valid = SpaceCheck['valid'][number];

/** Recipes that are tried on the model at most; those beyond are tried as trials. */
const MOST = 128;

/** Tries the recipes of a space on its model, one for each that differs in what can keep it from running. */
@Injectable()
export class ModelChecks {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly models: ModelRepository,
    private readonly preflights: Preflights,
  ) {}

  /** What every recipe meets is a problem of the sweep; what some meet makes these infeasible. */
  async of(
    { valid }: SpaceCheck,
    { document, model, dataset }: SweepSubject,
  ): Promise<Pick<SweepForecast, 'problems' | 'infeasible' | 'skipped' | 'preflights'>> {
    const tried = distinct(valid).slice(0, MOST);
    const known = await this.known(tried);
    const last = lastWords(valid, document);
    const recipes = [...tried.map(({ stages }) => stages), ...last];
    const subjects = recipes.map((stages) => ({ model, dataset, stages }));
    const answers = await this.preflights.of(subjects, known);
    const found = tried.map(({ stages }, at) => this.withDenied(stages, answers[at]));
    const reasons = reasonsOf(tried, found);
    const isEverywhere = ({ count }: Infeasible) => count === tried.length;
    const problems = reasons.filter(isEverywhere);
    return {
      problems: [...problems, ...unverifiable(problems, answers.slice(tried.length))].map(({ field, message }) => ({
        field: `sweep.${field}`,
        message,
      })),
      infeasible: reasons.filter((reason) => !isEverywhere(reason)),
      skipped: distinctBy(
        found.flatMap(({ skipped }) => skipped),
        ({ pass, node, reason }) => [pass, node, reason].join('\n'),
      ),
      preflights: tried.length,
    };
  }

  private withDenied(
    stages: readonly PlannedStage[],
    { problems = [], skipped = [] }: Partial<Preflight> = {},
  ): Preflight {
    return { problems: [...deniedModules(stages, this.config), ...problems], skipped };
  }

  private async known(tried: readonly Valid[]): Promise<Set<string>> {
    const reads = tried.flatMap(({ stages }) => stages.flatMap((stage) => stage.reads.models));
    const named = new Set(reads.map(({ digest }) => digest));
    const present = async (digest: string) => ((await this.models.get(digest)) ? [digest] : []);
    const found = await Promise.all([...named].map(present));
    return new Set(found.flat());
  }
}

/**
 * The evaluation with which the search ends, where the document asks for one: of any trial, since all end by it alike.
 */
function lastWords([first]: readonly Valid[], { verify }: SweepSubject['document']): PlannedStage[][] {
  return verify && first ? [verifyingStages(first.stages, verify)] : [];
}

/** What the last evaluation meets, and no trial does. */
function unverifiable(met: readonly Infeasible[], answers: readonly Preflight[]): FieldProblem[] {
  return answers
    .flatMap(({ problems }) => problems)
    .filter(({ message }) => !met.some((problem) => problem.message === message))
    .map(({ field, message }) => ({ field: verifyField(field), message }));
}

/** One for each list of passes that differs in more than how long or how far a pass goes. */
function distinct(valid: readonly Valid[]): Valid[] {
  return distinctBy(valid, ({ stages }) => JSON.stringify(stages.map(untuned)));
}

function untuned({ pass, options }: PlannedStage) {
  const kept = Object.entries(options).filter(([name]) => !TUNING_OPTIONS.has(name));
  return [pass, kept];
}

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
