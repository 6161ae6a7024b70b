import { writeFile } from 'node:fs/promises';
import { ProblemError, type Client } from '#client';
import { readReport, mlperfTiny } from '#report';
import { Option, type Command } from 'commander';
import { assertWritable, STDOUT } from '../download.js';
import { CliError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { advised } from '../own-name.js';
import { findJob } from '../references.js';
import { context } from './context.js';

interface ReportFlags {
  html?: true;
  markdown?: true;
  mlperf?: true;
  output: string;
}

/** `coldpress report JOB` */
export function addReportCommand(program: Command): void {
  program
    .command('report')
    .argument('<job>', 'id, the start of one, name, or latest')
    .addOption(
      new Option('--html', 'as one page with plots and the graph of the model').conflicts(['markdown', 'mlperf']),
    )
    .addOption(new Option('--markdown', 'as a model card, which is the default').conflicts('mlperf'))
    .option('--mlperf', 'the figures in the shape of results of MLPerf Tiny, division open')
    .option('-o, --output <file>', 'file to write', STDOUT)
    .description('the evidence of a job that succeeded; with --json as JSON')
    .action(async (reference: string, flags: ReportFlags, command: Command) => {
      const { client, json } = await context(command);
      await assertWritable(flags.output);
      const { id } = await findJob(client, reference);
      const text = await textOf(client, id, flags, json === true).catch((error: unknown) =>
        notReady(error, id, command),
      );
      const report = `${text.trimEnd()}\n`;
      if (flags.output === STDOUT) process.stdout.write(report);
      else await writeFile(flags.output, report);
    });
}

/** A job that goes on has no report yet: the server's way out is a stream, the command's is a command. */
function notReady(error: unknown, id: string, command: Command): never {
  if (!(error instanceof ProblemError) || error.code !== 'report_not_ready') throw error;
  const [what] = error.message.split(': ');
  const [watch, get] = [advised(command, 'jobs', 'watch', id), advised(command, 'jobs', 'get', id)];
  throw new CliError(
    `${what}: \`${watch}\` follows it to its end, \`${get}\` shows what its stages found`,
    EXIT.failed,
    error.code,
    { cause: error },
  );
}

async function textOf(client: Client, id: string, { html, mlperf }: ReportFlags, json: boolean): Promise<string> {
  if (html) return client.reportAsHtml({ id });
  if (mlperf) return JSON.stringify(mlperfTiny(readReport(await client.reportAsJson({ id }))), null, 2);
  return json ? client.reportAsJson({ id }) : client.reportAsMarkdown({ id });
}
