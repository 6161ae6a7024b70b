import { LIMITS } from '#documents';
import type { Command } from 'commander';
import { textFromStdin, textOf } from '../local-file.js';
import { addSubmissionOptions, runJob, type SubmissionOptions } from '../submission.js';

/** `coldpress run recipe.yaml` */
export function addRunCommand(program: Command): void {
  const run = program
    .command('run')
    .argument('<recipe>', 'a recipe in YAML or JSON; - reads it from standard input')
    .requiredOption(
      '--model <model>',
      'a stored model (id, the start of one, name, or latest), or an ONNX file, which is pushed',
    )
    .description('submit a job, follow it to its end and fetch its model');
  addSubmissionOptions(run, 'file for the final model').action(
    async (path: string, options: SubmissionOptions & { model: string }, command: Command) => {
      const limit = LIMITS.recipe.bytes;
      const recipe = () => (path === '-' ? textFromStdin(limit, 'a recipe') : textOf(path, limit, 'a recipe'));
      await runJob(command, recipe, options.model, options);
    },
  );
}
