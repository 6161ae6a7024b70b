import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { CliError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { print } from '../output.js';
import { context } from './context.js';

/** `coldpress artifacts get` */
export function addArtifactCommands(program: Command): void {
  program
    .command('artifacts')
    .description('fetch what stages wrote')
    .command('get')
    .argument('<digest>', 'SHA-256 of the artifact')
    .option('-o, --output <file>', 'file to write; the digest by default')
    .description('download an artifact and check its digest')
    .action(async (digest: string, options: { output?: string }, command: Command) => {
      const { client, json } = await context(command);
      const path = options.output ?? digest;
      await save(Readable.fromWeb((await client.getArtifact(digest)) as never), digest, path);
      print(json, { digest, path }, () => path);
    });
}

/** Writes beside the target and renames once the digest is right, so that a file at `path` is always whole. */
async function save(source: Readable, digest: string, path: string): Promise<void> {
  const partial = `${path}.${process.pid}.partial`;
  const hash = createHash('sha256');
  const tap = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  try {
    await pipeline(source, tap, createWriteStream(partial));
    const got = hash.digest('hex');
    if (got !== digest)
      throw new CliError(
        `the download is damaged: its SHA-256 is ${got}, not ${digest}; try again`,
        EXIT.failed,
        'digest_mismatch',
      );
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
