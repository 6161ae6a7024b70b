import type { Client } from '#client';
import type { Job, Report } from '#contracts';
import { readReport, ReportError } from '#report';
import type { Command } from 'commander';
import { UsageError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { exitCodeOf, follow, jobSummary as jobReport } from '../follow.js';
import { globalOptionsOf } from '../global-options.js';
import { textOf } from '../local-file.js';
import { print, table } from '../output.js';
import { advised } from '../own-name.js';
import { onServer, type CommandServer } from '../own-server.js';
import { stopWithServer } from '../stop-with-server.js';

/** A report in JSON holds raw latencies, and a page its graph besides. */
const MAX_REPORT_BYTES = 64_000_000;

/** A stage of both runs. */
interface Replayed {
  stage: string;
  before: string | null;
  after: string | null;
  isSame: boolean;
}

/** `coldpress replay REPORT` */
export function addReplayCommand(program: Command): void {
  program
    .command('replay')
    .argument('<report>', 'report.json, or the page, of a job whose model and data set the server has')
    .description('run the recipe of a report afresh, without known results, and compare the digest of every model')
    .action(async (path: string, _options: object, command: Command) => {
      const before = reportIn(path, await textOf(path, MAX_REPORT_BYTES, 'a report'));
      await onServer(command, { work: 'job' }, (server) => replay(server, before, command));
    });
}

async function replay(server: CommandServer, before: Report, command: Command): Promise<void> {
  const { client, ownFolder } = server;
  const { json } = globalOptionsOf(command);
  const submitted = await client.submitJob({ body: submissionOf(before) });
  process.stderr.write(`job ${submitted.id}  ${client.url}/#/jobs/${submitted.id}\n`);
  const { id } = submitted;
  const stopping = stopWithServer(server, `job ${id}`, () => client.cancelJob({ id }));
  const job = await follow(client, submitted, command, stopping.interrupt);
  if (job.state !== 'succeeded') {
    const advice = ownFolder === null ? advised(command, 'report', job.id) : undefined;
    print(json, job, () => jobReport(job, advice));
    process.exitCode = stopping.exitCode(exitCodeOf(job));
    return;
  }
  const stages = compare(before, job);
  const isSame = stages.every((stage) => stage.isSame);
  const differences = await circumstances(client, job, before);
  print(json, { job: job.id, isSame, stages, differences }, () => words(stages, isSame, differences));
  if (!isSame) process.exitCode = EXIT.failed;
}

function reportIn(path: string, text: string): Report {
  try {
    return readReport(text);
  } catch (cause) {
    if (!(cause instanceof ReportError)) throw cause;
    throw new UsageError(`cannot replay ${path}: ${cause.message}`, { cause });
  }
}

function submissionOf({ title, model, dataset, reproduction: { recipe } }: Report) {
  const name = `replay of ${title}`.slice(0, 200);
  return { name, model, dataset, recipe: { ...recipe, fresh: true } };
}

function compare({ recipe, reproduction }: Report, job: Job): Replayed[] {
  return recipe.passes.map(({ pass }, index) => {
    const before = reproduction.models[index] ?? null;
    const after = job.stages[index]?.modelDigest ?? null;
    return { stage: `${index + 1} ${pass}`, before, after, isSame: before === after };
  });
}

/** What of the circumstances is another: the first place to look where digests differ. */
async function circumstances(client: Client, { id }: Job, { reproduction }: Report): Promise<string[]> {
  const now = readReport(await client.reportAsJson({ id })).reproduction;
  const names = [...new Set([...Object.keys(reproduction.versions), ...Object.keys(now.versions)])];
  const facts = names.map((name) => [name, reproduction.versions[name], now.versions[name]]);
  const compared = [...facts, ['machine', reproduction.machine, now.machine] as const];
  const differing = compared.filter(([, before, after]) => before !== after);
  return differing.map(([name, before, after]) => `${name}: ${before ?? 'none'} before, ${after ?? 'none'} now`);
}

function words(stages: readonly Replayed[], isSame: boolean, differences: readonly string[]): string {
  const short = (digest: string | null) => digest?.slice(0, 12) ?? '–';
  const rows = stages.map(({ stage, before, after, isSame: same }) => [
    stage,
    short(before),
    short(after),
    same ? 'same' : 'DIFFERENT',
  ]);
  const verdict = isSame
    ? 'every model came out again, bit by bit'
    : 'not every model came out again: other versions, kernels or threads may round otherwise';
  return [table(['stage', 'report', 'replay', ''], rows), ...differences, verdict].join('\n');
}
