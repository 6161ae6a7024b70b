import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import type { DatasetRecord, Model, Preflight } from '#contracts';
import { STORE } from '#infrastructure';
import { canonicalJson, type PlannedStage } from '#pipeline';
import { StoreFullError, type ArtifactStore } from '#storage';
import { Untrusted } from '../untrusted/untrusted.js';
import { Spool } from '../uploads/spool.js';

/** What is checked: passes on a model and a data set. */
export interface PreflightSubject {
  model: Model;
  dataset: DatasetRecord | null;
  stages: readonly PlannedStage[];
}

type Passes = { pass: string; options: unknown }[];

/**
 * Preflights of many jobs at the cost of what differs in them: equal ones are made once, and a model is read once for
 * all its recipes.
 */
@Injectable()
export class Preflights {
  constructor(
    @Inject(STORE) private readonly store: ArtifactStore,
    private readonly spool: Spool,
    private readonly untrusted: Untrusted,
  ) {}

  /** One for each subject, in their order. `known` are the models that options name and the store has. */
  of(subjects: readonly PreflightSubject[], known: ReadonlySet<string>): Promise<Preflight[]> {
    return this.spool.withFolder(async (folder) => {
      const files = new Map<string, Promise<string>>();
      const place = async (digest: string) => {
        const path = files.get(digest) ?? this.fetch(digest, folder);
        files.set(digest, path);
        return { path: await path, digest };
      };
      const groups = groupBy(subjects, ({ model, dataset }) => `${model.id} ${dataset?.id ?? ''}`);
      const found = await Promise.all(groups.map((group) => this.ofOne(group, known, place)));
      const bySubject = new Map(found.flatMap((pairs) => [...pairs]));
      return subjects.flatMap((subject) => bySubject.get(subject) ?? []);
    });
  }

  /** Subjects of one model and data set. */
  private async ofOne(
    subjects: readonly PreflightSubject[],
    known: ReadonlySet<string>,
    place: (digest: string) => Promise<{ path: string; digest: string }>,
  ): Promise<Map<PreflightSubject, Preflight>> {
    const [first] = subjects;
    if (!first) return new Map();
    const named = subjects.flatMap(({ stages }) =>
      stages.flatMap(({ reads }) => reads.models.map(({ digest }) => digest)),
    );
    const models = await Promise.all([...new Set(named)].filter((digest) => known.has(digest)).map(place));
    const { path: modelPath } = await place(first.model.id);
    const distinct = new Map(subjects.map(({ stages }) => [canonicalJson(passesOf(stages)), passesOf(stages)]));
    const answers = await this.untrusted.preflight({
      modelPath,
      dataset: first.dataset?.inspection ?? null,
      recipes: [...distinct.values()],
      models,
    });
    const byRecipe = new Map([...distinct.keys()].map((key, index) => [key, answers[index]]));
    return new Map(
      subjects.flatMap((subject): [PreflightSubject, Preflight][] => {
        const answer = byRecipe.get(canonicalJson(passesOf(subject.stages)));
        return answer ? [[subject, answer]] : [];
      }),
    );
  }

  private async fetch(digest: string, folder: string): Promise<string> {
    const path = join(folder, `${digest}.onnx`);
    await this.store.getToFile(digest, path).catch((error: unknown) => {
      // The client need not know where on our disk that is.
      throw error instanceof StoreFullError ? new StoreFullError('the upload folder', { cause: error }) : error;
    });
    return path;
  }
}

const passesOf = (stages: readonly PlannedStage[]): Passes => stages.map(({ pass, options }) => ({ pass, options }));

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups.values()];
}
