import { Injectable } from '@nestjs/common';
import { PASSES, type DatasetRecord, type Model, type StagesForecast } from '#contracts';
import { StageMachineRepository, StageResultRepository } from '#database';
import { cachedStages, estimateStages, stageRuntime, stageTree, type PlannedStage } from '#pipeline';

/** On what recipes are run. */
export interface ForecastSubject {
  model: Model;
  dataset: DatasetRecord | null;
  seed: number;
}

/** Foresees what recipes take: their distinct stages, those whose result is stored, and the rest by earlier stages. */
@Injectable()
export class StageForecasts {
  constructor(
    private readonly machines: StageMachineRepository,
    private readonly results: StageResultRepository,
  ) {}

  async of(
    recipes: readonly (readonly PlannedStage[])[],
    { model, dataset, seed }: ForecastSubject,
  ): Promise<StagesForecast> {
    const nodes = stageTree(recipes);
    const runtimes = await this.runtimes();
    const find = (keys: readonly string[]) => this.results.known(keys);
    const cached = await cachedStages(nodes, { model: model.id, dataset: dataset?.id ?? null, seed, runtimes, find });
    const left = nodes.filter((node) => !cached.has(node)).map(({ stage }) => stage);
    return {
      stages: recipes.reduce((sum, stages) => sum + stages.length, 0),
      stagesDistinct: nodes.length,
      stagesCached: cached.size,
      ...estimateStages(left, await this.results.earlierOn(model.id), (pass) => PASSES[pass].changes),
    };
  }

  /** A worker of an earlier version has not said what enters its keys: what it has stored is not counted as cached. */
  private async runtimes(): Promise<((stage: PlannedStage) => string)[]> {
    return (await this.machines.list()).map(stageRuntime);
  }
}
