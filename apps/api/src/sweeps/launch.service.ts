import { Injectable } from '@nestjs/common';
import type { PressSubmission, Sweep, SweepDocument, SweepForecast } from '#contracts';
import { DatasetRepository, ModelRepository, SweepRepository, type KeyClaim, type StoredResponse } from '#database';
import { DocumentError, LIMITS } from '#documents';
import { parseSweep, pressDocument, SweepError, unreadableSweep } from '#pipeline';
import { ApiError } from '../problems/api-error.js';
import { IdempotentAnswers } from '../requests/idempotent-answers.js';
import { Documents } from '../untrusted/documents.js';
import { Forecasts } from './forecasts.js';
import type { SweepBody } from './sweep-body.js';

const CREATED = 201;

/** Turns submissions into sweeps that can run, or says everything that keeps them from running. */
@Injectable()
export class LaunchService {
  constructor(
    private readonly models: ModelRepository,
    private readonly datasets: DatasetRepository,
    private readonly sweeps: SweepRepository,
    private readonly documents: Documents,
    private readonly forecasts: Forecasts,
    private readonly answers: IdempotentAnswers,
  ) {}

  /** Says what a sweep would take. Throws SweepError and NotFoundError for what cannot even be planned. */
  async foresee(body: SweepBody): Promise<SweepForecast> {
    return (await this.prepare(body)).forecast;
  }

  /** Launches a sweep. Throws as `foresee` does, and ApiError `preflight_failed` listing every reason. */
  launch(body: SweepBody, key: string | undefined): Promise<StoredResponse> {
    return this.answers.to(body, key, (claim) => this.accept(body, claim));
  }

  /** Launches the search for the smallest model within some bounds; its document is in the answer. */
  press(body: PressSubmission, key: string | undefined): Promise<StoredResponse> {
    return this.answers.to({ press: body }, key, async (claim) => {
      const [model, dataset] = [await this.models.require(body.model), await this.datasets.require(body.dataset)];
      const sweep = pressDocument(body, { model: model.inspection, data: dataset.inspection });
      return this.accept(
        { model: model.id, dataset: dataset.id, sweep, ...(body.name === undefined ? {} : { name: body.name }) },
        claim,
      );
    });
  }

  /** A document as it can be launched on a model and a data set, and what it will take. */
  async prepare({ sweep, model, dataset }: Pick<SweepBody, 'sweep' | 'model' | 'dataset'>) {
    const document = await this.documentOf(sweep);
    const subject = {
      document,
      model: await this.models.require(model),
      dataset: dataset ? await this.datasets.require(dataset) : null,
    };
    return { ...subject, ...(await inFields(() => this.forecasts.of(subject))) };
  }

  private async accept(body: SweepBody, claim?: KeyClaim): Promise<StoredResponse> {
    const { document, forecast, model, dataset } = await this.prepare(body);
    refuseProblems(forecast);
    const sweep = { name: body.name ?? null, modelId: model.id, datasetId: dataset?.id ?? null, document, forecast };
    const toResponse = (created: Sweep) => ({ status: CREATED, body: created });
    return toResponse(await this.sweeps.create(sweep, claim && { claim, toResponse }));
  }

  /** Text is read off the event loop. */
  private documentOf(input: SweepBody['sweep']): Promise<SweepDocument> {
    return inFields(async () => {
      try {
        return parseSweep(typeof input === 'string' ? await this.documents.reader.read(input, LIMITS.recipe) : input);
      } catch (cause) {
        throw cause instanceof DocumentError ? unreadableSweep(cause) : cause;
      }
    });
  }
}

/** Problems of the document become fields of the submission. */
async function inFields<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SweepError)) throw error;
    throw new SweepError(
      error.problems.map(({ field, message }) => ({ field: field ? `sweep.${field}` : 'sweep', message })),
      { cause: error },
    );
  }
}

/** Throws ApiError `preflight_failed` where the sweep cannot be launched. */
export function refuseProblems({ problems }: Pick<SweepForecast, 'problems'>): void {
  if (problems.length === 0) return;
  throw new ApiError(
    'preflight_failed',
    problems.map(({ field, message }) => `${field}: ${message}`).join('; '),
    problems,
  );
}
