import type { Client } from '#client';
import type { JobSubmission } from '#contracts';
import { z } from 'zod';
import { findJob } from '../references.js';
import { datasetOf, modelOf } from '../submission.js';
import type { Door } from './door.js';
import { explain, progressOf } from './words.js';

const MODEL = z.string().describe('An ONNX file below the folder of this door, or id, start of one, name or "latest".');
const DATA = z
  .string()
  .optional()
  .describe('A folder with a dataset.yaml, or id, start of one, name or "latest" of a stored data set.');
const RECIPE = z
  .union([z.string(), z.record(z.string(), z.unknown())])
  .describe('YAML or JSON: passes: [{ pass: quantize, options: { weightBits: 4 } }], gates: [{ metric, maxDrop }].');
const JOB = z.string().describe('Id of a job, the start of one, or "latest".');

export interface Tools {
  client: Client;
  door: Door;
}

/** A tool that an agent may call; what it gives is told as JSON. */
export interface Tool {
  description: string;
  input: z.ZodRawShape;
  run(tools: Tools, given: Record<string, unknown>): Promise<unknown>;
}

function tool<S extends z.ZodRawShape>(
  description: string,
  input: S,
  run: (tools: Tools, given: z.infer<z.ZodObject<S>>) => Promise<unknown>,
): Tool {
  const schema = z.object(input);
  return { description, input, run: (tools, given) => run(tools, schema.parse(given)) };
}

/** What an agent can do, by name. */
export const TOOLS = {
  inspect_model: tool(
    'Inputs, outputs, operators, parameters, work and warnings of a model; a file is stored on the way.',
    { model: MODEL },
    async ({ client, door }, { model }) => modelOf(client, await door.admit(model)),
  ),
  list_passes: tool(
    'What a recipe may ask for: every pass with the JSON Schema of its options.',
    { pass: z.string().optional().describe('One pass alone.') },
    async ({ client }, { pass }) => (pass === undefined ? client.listPasses() : client.getPass({ name: pass })),
  ),
  check_fit: tool(
    'Whether a recipe can run on a model with data: problems with their fields, and what would be left alone. Runs nothing.',
    { model: MODEL, data: DATA, recipe: RECIPE },
    async (tools, given) => tools.client.preflightJob({ body: await submissionOf(tools, given) }),
  ),
  submit_job: tool(
    'Submits a recipe as a job, within the limits of this door; gives its id.',
    { model: MODEL, data: DATA, recipe: RECIPE, name: z.string().max(200).optional() },
    async (tools, given) => {
      const job = await tools.door.submit(async () =>
        tools.client.submitJob({ body: { ...(await submissionOf(tools, given)), name: given.name } }),
      );
      return { job: job.id, state: job.state, page: `${tools.client.url}/#/jobs/${job.id}` };
    },
  ),
  wait: tool(
    'Where a job is now: its stages, how far, and how it ended. Call it again until the state is final.',
    { job: JOB },
    async ({ client }, { job }) => progressOf(await findJob(client, job)),
  ),
  cancel_job: tool('Stops a job; stages that are done are kept.', { job: JOB }, async ({ client }, { job }) =>
    progressOf(await client.cancelJob({ id: (await findJob(client, job)).id })),
  ),
  explain_result: tool(
    'A finished job in words: figures of every stage beside the original, what passes concluded, gates, what was left alone and why.',
    { job: JOB },
    async ({ client }, { job }) => explain(await findJob(client, job)),
  ),
} as const satisfies Record<string, Tool>;

async function submissionOf(
  { client, door }: Tools,
  { model, data, recipe }: { model: string; data?: string | undefined; recipe: string | Record<string, unknown> },
): Promise<JobSubmission> {
  const stored = await modelOf(client, await door.admit(model));
  const dataset = data === undefined ? null : await datasetOf(client, await door.admit(data));
  return {
    model: stored.id,
    dataset: dataset?.id ?? null,
    recipe: typeof recipe === 'string' ? recipe : JSON.stringify(recipe),
  };
}
