import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { assertWritable, STDOUT } from '../download.js';
import { findJob } from '../references.js';
import { context } from './context.js';

/** `coldpress report JOB` */
export function addReportCommand(program: Command): void {
  program
    .command('report')
    .argument('<job>', 'id, the start of one, name, or latest')
    .option('-o, --output <file>', 'file to write', STDOUT)
    .description('the evidence of a job that succeeded, in Markdown; with --json as JSON')
    .action(async (reference: string, { output }: { output: string }, command: Command) => {
      const { client, json } = await context(command);
      await assertWritable(output);
      const { id } = await findJob(client, reference);
      const report = `${(await (json ? client.reportAsJson({ id }) : client.reportAsMarkdown({ id }))).trimEnd()}\n`;
      if (output === STDOUT) process.stdout.write(report);
      else await writeFile(output, report);
    });
}
