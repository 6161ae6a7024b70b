import type { Client } from '#client';
import type { ArtifactRef, Job } from '#contracts';
import type { Command } from 'commander';
import { assertWritable, save, STDOUT } from '../download.js';
import { UsageError } from '../errors.js';
import { commandName } from '../command-name.js';
import { print } from '../output.js';
import { findJob } from '../references.js';
import { context } from './context.js';

/** `coldpress artifacts get` */
export function addArtifactCommands(program: Command): void {
  program
    .command('artifacts')
    .description('fetch what stages wrote')
    .command('get')
    .argument(
      '<artifact>',
      'SHA-256 of the artifact, or JOB/NAME as in latest/model.onnx: the last of that name; JOB/STAGE/NAME for that of a stage, counted from 0',
    )
    .option('-o, --output <file>', 'file to write, - for standard output; its name by default')
    .description('download an artifact and check its digest')
    .action(async (reference: string, options: { output?: string }, command: Command) => {
      const { client, json } = await context(command);
      const { digest, name } = await artifactOf(client, reference);
      const path = options.output ?? name;
      await assertWritable(path);
      await save(await client.getArtifact({ digest }), digest, path);
      if (path !== STDOUT) print(json, { digest, path }, () => path);
    });
}

async function artifactOf(client: Client, reference: string): Promise<{ digest: string; name: string }> {
  const place = /^(.+?)\/(?:(\d+)\/)?([^/]+)$/.exec(reference);
  if (place === null) return { digest: reference, name: reference };
  const [, job = '', stage, name = ''] = place;
  return named(await findJob(client, job), stage === undefined ? undefined : Number(stage), name);
}

function named(job: Job, stage: number | undefined, name: string): ArtifactRef {
  const wanted = job.stages.filter(({ index }) => stage === undefined || index === stage);
  const artifacts = wanted.flatMap((each) => each.artifacts);
  const found = artifacts.findLast((artifact) => artifact.name === name);
  if (found) return found;
  const names = [...new Set(artifacts.map((artifact) => artifact.name))];
  const where = stage === undefined ? `job ${job.id}` : `stage ${stage} of job ${job.id}`;
  const wayOut =
    names.length > 0
      ? `there are ${names.join(', ')}`
      : `it is ${job.state}: \`${commandName()} jobs artifacts ${job.id}\` lists what it wrote`;
  throw new UsageError(`${where} has no artifact "${name}": ${wayOut}`);
}
