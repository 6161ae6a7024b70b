import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { DatasetRecord, Model, Preflight } from '#contracts';
import { STORE } from '#infrastructure';
import { canonicalJson, type PlannedStage } from '#pipeline';
import type { ArtifactStore } from '#storage';
import { caller } from '../auth/caller.js';
import { Untrusted } from '../untrusted/untrusted.js';
import { Spool } from '../uploads/spool.js';
import { KnownPreflights } from './known-preflights.js';
import { copyModel } from '../uploads/store-copy.js';

/** What is checked: passes on a model and a data set. */
export interface PreflightSubject {
  model: Model;
  dataset: DatasetRecord | null;
  stages: readonly PlannedStage[];
}

type Passes = { pass: string; options: unknown }[];

/**
 * Preflights of many jobs at the cost of what differs in them: equal ones are made once, also of several requests, and
 * a model is read once for all its recipes.
 */
@Injectable()
export class Preflights {
  private readonly answers = new KnownPreflights();
  /** Those that are being made, by who asked first: nobody waits in another's line. */
  private readonly making = new Map<string, Promise<Preflight>>();

  constructor(
    @Inject(STORE) private readonly store: ArtifactStore,
    private readonly spool: Spool,
    private readonly untrusted: Untrusted,
  ) {}

  /** One for each subject, in their order. `known` are the models that options name and the store has. */
  async of(subjects: readonly PreflightSubject[], known: ReadonlySet<string>): Promise<Preflight[]> {
    const keys = subjects.map((subject) => keyOf(subject, known));
    const distinct = new Map(subjects.map((subject, at) => [keys[at] ?? '', subject] as const));
    const found = new Map([...distinct.keys()].map((key) => [key, this.found(key)] as const));
    const fresh = [...distinct].filter(([key]) => found.get(key) === undefined);
    for (const [key, answer] of this.begin(new Map(fresh), known)) found.set(key, answer);
    const answers = await Promise.all(keys.map((key) => found.get(key)));
    return answers.map((answer) => answer ?? { problems: [], skipped: [] });
  }

  private found(key: string): Promise<Preflight> | Preflight | undefined {
    return this.answers.get(key) ?? this.making.get(own(key));
  }

  /** Begins to make those of some keys, which others may wait for as well. */
  private begin(
    fresh: ReadonlyMap<string, PreflightSubject>,
    known: ReadonlySet<string>,
  ): [string, Promise<Preflight>][] {
    if (fresh.size === 0) return [];
    const made = this.make([...fresh.values()], known);
    return [...fresh].map(([key, subject]) => {
      const answer = made.then((answers) => answers.get(subject) ?? { problems: [], skipped: [] });
      this.making.set(own(key), answer);
      const keep = (preflight: Preflight) => this.answers.keep(key, preflight);
      // Whoever asked is told of a failure, and the next one tries again.
      void answer.then(keep, () => undefined).finally(() => this.making.delete(own(key)));
      return [key, answer];
    });
  }

  private make(
    subjects: readonly PreflightSubject[],
    known: ReadonlySet<string>,
  ): Promise<Map<PreflightSubject, Preflight>> {
    return this.spool.withFolder(async (folder) => {
      const files = new Map<string, Promise<string>>();
      const place = async (digest: string) => {
        const path = files.get(digest) ?? copyModel(this.store, digest, folder);
        files.set(digest, path);
        return { path: await path, digest };
      };
      const groups = groupBy(subjects, ({ model, dataset }) => `${model.id} ${dataset?.id ?? ''}`);
      const made = await Promise.all(groups.map((group) => this.makeGroup(group, known, place)));
      return new Map(made.flat());
    });
  }

  /** Those of one model and data set in a child process, one for all. */
  private async makeGroup(
    subjects: readonly PreflightSubject[],
    known: ReadonlySet<string>,
    place: (digest: string) => Promise<{ path: string; digest: string }>,
  ): Promise<[PreflightSubject, Preflight][]> {
    const [first] = subjects;
    if (!first) return [];
    const named = new Set(subjects.flatMap((subject) => modelsIn(subject, known)));
    const models = await Promise.all([...named].map(place));
    const { path: modelPath } = await place(first.model.id);
    const dataset = first.dataset?.inspection ?? null;
    const answers = await this.untrusted.preflight({ modelPath, dataset, recipes: subjects.map(passesOf), models });
    return subjects.flatMap((subject, at): [PreflightSubject, Preflight][] => {
      const answer = answers[at];
      return answer ? [[subject, answer]] : [];
    });
  }
}

const own = (key: string): string => `${caller()} ${key}`;

const passesOf = ({ stages }: PreflightSubject): Passes => stages.map(({ pass, options }) => ({ pass, options }));

/** The models that its options name and the store has. */
const modelsIn = ({ stages }: PreflightSubject, known: ReadonlySet<string>): string[] =>
  stages.flatMap(({ reads }) => reads.models.map(({ digest }) => digest)).filter((digest) => known.has(digest));

/** All that a preflight reads. */
function keyOf(subject: PreflightSubject, known: ReadonlySet<string>): string {
  const { model, dataset } = subject;
  const read = [model.id, dataset?.id ?? null, modelsIn(subject, known).sort(), passesOf(subject)];
  return createHash('sha256').update(canonicalJson(read)).digest('base64');
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups.values()];
}
