import { Injectable } from '@nestjs/common';
import { suggestion, told, type PressSubmission, type Sweep, type SweepDocument, type SweepForecast } from '#contracts';
import {
  DatasetRepository,
  DeviceRepository,
  ModelRepository,
  SweepRepository,
  type KeyClaim,
  type StoredResponse,
} from '#database';
import { pressDocument, SweepError, unknownDevices } from '#pipeline';
import { ApiError } from '../problems/api-error.js';
import { IdempotentAnswers } from '../requests/idempotent-answers.js';
import { EarlierTrials } from './earlier-trials.js';
import { Forecasts } from './forecasts.js';
import type { SweepBody } from './sweep-body.js';
import { SweepDocuments } from './sweep-documents.js';

const CREATED = 201;

/** Turns submissions into sweeps that can run, or says everything that keeps them from running. */
@Injectable()
export class LaunchService {
  constructor(
    private readonly models: ModelRepository,
    private readonly datasets: DatasetRepository,
    private readonly sweeps: SweepRepository,
    private readonly devices: DeviceRepository,
    private readonly documents: SweepDocuments,
    private readonly forecasts: Forecasts,
    private readonly answers: IdempotentAnswers,
    private readonly earlier: EarlierTrials,
  ) {}

  /** Says what a sweep would take. Throws SweepError and NotFoundError for what cannot even be planned. */
  async foresee(body: SweepBody): Promise<SweepForecast> {
    return (await this.prepareAnew(body)).forecast;
  }

  /** Launches a sweep. Throws as `foresee` does, and ApiError `preflight_failed` listing every reason. */
  launch(body: SweepBody, key: string | undefined): Promise<StoredResponse> {
    return this.answers.to(body, key, (claim) => this.accept(body, claim));
  }

  /** Launches the search for the smallest model within some bounds; its document is in the answer. */
  press(body: PressSubmission, key: string | undefined): Promise<StoredResponse> {
    return this.answers.to({ press: body }, key, async (claim) => {
      const [model, dataset] = [await this.models.require(body.model), await this.datasets.require(body.dataset)];
      await this.assertDevice(body.device);
      const sweep = pressDocument(body, { model: model.inspection, data: dataset.inspection });
      const named = body.name === undefined ? {} : { name: body.name };
      return this.accept({ model: model.id, dataset: dataset.id, sweep, ...named }, claim);
    });
  }

  /** A device that nobody has enrolled would be waited for until the last trial. Throws SweepError. */
  private async assertDevice(device: string | undefined): Promise<void> {
    const names = device === undefined ? [] : (await this.devices.list()).map(({ name }) => name);
    if (device === undefined || names.includes(device)) return;
    const message = `there is no device ${told(device)}: ${names.length === 0 ? 'enrol it first' : suggestion(device, names)}`;
    throw new SweepError([{ field: 'device', message }]);
  }

  /**
   * A document as it can be launched on a model and a data set, what it will take, and the trials that it asks for
   * itself.
   */
  async prepare({ sweep, model, dataset }: Pick<SweepBody, 'sweep' | 'model' | 'dataset'>) {
    const written = await inFields(() => this.documents.read(sweep));
    const foundDataset = dataset ? await this.datasets.require(dataset) : null;
    const found = await this.models.require(model);
    const document = await inFields(() => this.documents.withLayers(written, found));
    const subject = { document, model: found, dataset: foundDataset };
    const { trials } = document.limits;
    return { ...subject, ...(await inFields(() => this.forecasts.of(subject))), trials };
  }

  /** The same with the trials of earlier sweeps and jobs that it begins with. */
  private async prepareAnew(body: SweepBody) {
    const found = await this.prepare(body);
    const problems = [...(await this.missingDevices(found.document)), ...found.forecast.problems];
    const prepared = { ...found, forecast: { ...found.forecast, problems } };
    const named = [...(prepared.document.warmStart ?? []), ...(body.warmStart ?? [])];
    if (named.length === 0) return { ...prepared, earlier: [] };
    const document = { ...prepared.document, warmStart: [...new Set(named)] };
    const earlier = await inFields(() => this.earlier.of({ ...prepared, document }));
    const { trials, spaceSize } = prepared.forecast;
    const left = spaceSize === null ? trials : Math.max(0, Math.min(trials, spaceSize - earlier.length));
    const forecast = { ...prepared.forecast, earlier: earlier.length, trials: left };
    return { ...prepared, document, forecast, earlier };
  }

  private async missingDevices({ passes, verify = {} }: SweepDocument): Promise<SweepForecast['problems']> {
    const steps = passes.map(({ options }, index) => ({ field: `sweep.passes[${index}].options`, options }));
    return unknownDevices([...steps, { field: 'sweep.verify', options: verify }], await this.devices.list());
  }

  private async accept(body: SweepBody, claim?: KeyClaim): Promise<StoredResponse> {
    const { document, forecast, model, dataset, earlier } = await this.prepareAnew(body);
    refuseProblems(forecast);
    const of = { modelId: model.id, datasetId: dataset?.id ?? null };
    const sweep = { name: body.name ?? null, ...of, document, forecast, earlier };
    const toResponse = (created: Sweep) => ({ status: CREATED, body: created });
    return toResponse(await this.sweeps.create(sweep, claim && { claim, toResponse }));
  }
}

/** Problems of the document become fields of the submission. */
async function inFields<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SweepError)) throw error;
    const problems = error.problems.map(({ field, message }) => ({
      field: field ? `sweep.${field}` : 'sweep',
      message,
    }));
    throw new SweepError(problems, { cause: error });
  }
}

/** Throws ApiError `preflight_failed` where the sweep cannot be launched. */
export function refuseProblems({ problems }: Pick<SweepForecast, 'problems'>): void {
  if (problems.length === 0) return;
  const detail = problems.map(({ field, message }) => `${field}: ${message}`).join('; ');
  throw new ApiError('preflight_failed', detail, problems);
}
