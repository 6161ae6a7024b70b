import { PASSES, suggestion, type PassName } from '#contracts';
import { InvalidArgumentError, type Command } from 'commander';
import { UsageError } from '../errors.js';
import { globalOptionsOf } from '../global-options.js';
import { print, table } from '../output.js';
import { addPassFlags, flagOf, optionsFromFlags } from '../pass-flags.js';
import { defaultOf, fieldsOf, passOf, passOptions, schemaOf, valuesOf, type PassOption } from '../pass-options.js';
import { addSubmissionOptions, runJob, type SubmissionOptions } from '../submission.js';

const NAMES = Object.keys(PASSES) as PassName[];

/** `coldpress passes [NAME]`, and a command for each pass: `coldpress quantize MODEL` */
export function addPassCommands(program: Command): void {
  program
    .command('passes')
    .argument('[name]', 'a pass')
    .description('what a recipe may ask for; of one pass its options with their defaults')
    .action((name: string | undefined, _options: object, command: Command) => {
      const { json } = globalOptionsOf(command);
      if (name === undefined) {
        const rows = NAMES.map((pass) => [pass, passOf(pass).summary]);
        print(json, NAMES.map(info), () => table(['pass', 'what it does'], rows));
      } else print(json, info(known(name)), () => describe(known(name)));
    });
  for (const name of NAMES) addPassCommand(program, name);
}

/** A job of one pass; its flags are the options of the pass. */
function addPassCommand(program: Command, name: PassName): void {
  const { summary, changes } = passOf(name);
  const pass = program
    .command(name)
    .argument('<model>', 'a stored model (id, the start of one, name, or latest), or an ONNX file, which is pushed')
    .description(summary);
  addSubmissionOptions(pass, changes ? 'file for the model' : 'file for the model, which this pass leaves as it is');
  pass.option('--seed <number>', 'decides every random choice of the job (default: 0)', seed);
  pass.optionsGroup(`Options of the pass ${name}:`);
  addPassFlags(pass, name);
  pass.action(async (model: string, options: SubmissionOptions & { seed?: number }, command: Command) => {
    const chosen = optionsFromFlags(command, name);
    const recipe = { seed: options.seed ?? 0, passes: [{ pass: name, options: chosen }], gates: [] };
    await runJob(command, () => Promise.resolve(recipe), model, options);
  });
}

function known(name: string): PassName {
  const found = NAMES.find((pass) => pass === name);
  if (found === undefined) throw new UsageError(`there is no pass "${name}": ${suggestion(name, NAMES)}`);
  return found;
}

function info(name: PassName): Record<string, unknown> {
  const { summary, version } = passOf(name);
  return { name, summary, version, options: schemaOf(name) };
}

function describe(name: PassName): string {
  const { summary, version } = passOf(name);
  const linesOf = (option: PassOption) => {
    const fields = fieldsOf(option).map((field) => lines(field, '    '));
    return [lines(option, '  '), ...fields];
  };
  return [`${name}: ${summary} (version ${version})`, ...passOptions(name).flatMap(linesOf)].join('\n');
}

function lines({ key, schema }: PassOption, indent: string): string {
  const fallback = defaultOf(schema);
  const flag = key.includes('.') ? '' : `, ${flagOf(key)}`;
  const head = `${indent}${key}${flag}  ${valuesOf(schema)}${fallback === undefined ? '' : `  (default: ${fallback})`}`;
  return `\n${head}${schema.description === undefined ? '' : `\n${indent}    ${schema.description}`}`;
}

function seed(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}
