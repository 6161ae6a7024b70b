import { fieldProblems, schemaKeys, type OptionSchema, type PassName } from '#contracts';
import { DocumentError, LIMITS, readDocument } from '#documents';
import { Option, type Command } from 'commander';
import { UsageError } from './errors.js';
import { defaultOf, passOf, passOptions, valuesOf, type PassOption } from './pass-options.js';

/** `weightBits` is `--weight-bits`. */
export function flagOf(key: string): string {
  const words = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return `--${words}`;
}

/** Gives a command a flag for every option of a pass, from its schema. */
export function addPassFlags(command: Command, name: PassName): void {
  for (const option of passOptions(name)) for (const flag of flagsOf(option)) command.addOption(flag);
}

/** The options of a pass that the command line gave. Throws UsageError that names each flag at fault. */
export function optionsFromFlags(command: Command, name: PassName): Record<string, unknown> {
  const isGiven = ({ key }: PassOption) => command.getOptionValueSource(key) === 'cli';
  const options = passOptions(name).filter(isGiven);
  const given = Object.fromEntries(
    options.map((option) => [option.key, valueOf(option, command.getOptionValue(option.key))]),
  );
  const schema = passOf(name).options;
  const parsed = schema.safeParse(given);
  if (parsed.success) return given;
  const problems = fieldProblems(parsed.error.issues, { validKeys: (path) => schemaKeys(schema, path) });
  const faults = problems.map(({ field, message }) => `${flagField(field)}: ${message}`);
  throw new UsageError(
    faults.length > 1 ? `options that ${name} cannot take:\n  ${faults.join('\n  ')}` : faults.join(''),
  );
}

/** A field of the options by the flag that gave it: `mixed.bytes` is `--mixed bytes`. */
function flagField(field: string): string {
  const [, key = field, rest = ''] = /^(\w+)[.]?(.*)$/.exec(field) ?? [];
  return `${flagOf(key)}${rest === '' ? '' : ` ${rest}`}`;
}

function flagsOf({ key, schema }: PassOption): Option[] {
  const fallback = defaultOf(schema);
  const text = `${schema.description ?? ''}${fallback === undefined ? '' : ` (default: ${fallback})`}`;
  if (schema.type === 'boolean') {
    const [yes, no] = [flagOf(key), flagOf(key).replace('--', '--no-')];
    return [new Option(yes, text), new Option(no, `not ${yes}`)];
  }
  const isList = schema.type === 'array' && isWord(schema.items || {});
  const described = text.replace(/\.?( \(default|$)/, `: ${hint(schema, isList)}$1`);
  const flag = new Option(`${flagOf(key)} <${isList ? 'values' : 'value'}>`, described);
  return [flag.argParser((value: string, previous: string[] = []) => [...previous, value])];
}

/** Lists may be separated by commas and given again; what is neither a word nor a number is YAML. */
function hint(schema: OptionSchema, isList: boolean): string {
  if (isList && schema.items) return `${valuesOf(schema.items)}, separated by commas`;
  return isWord(schema) ? valuesOf(schema) : `${valuesOf(schema)}, as YAML`;
}

/** What the schema says of a wrong value is better than what can be said here: such a value is passed on as it is. */
function valueOf({ key, schema }: PassOption, given: unknown): unknown {
  if (!Array.isArray(given)) return given;
  const texts = given as string[];
  if (schema.type === 'array' && schema.items && isWord(schema.items)) {
    const { items } = schema;
    const words = texts.flatMap((text) => text.split(','));
    return words.map((text) => wordOf(items, text.trim()));
  }
  if (texts.length > 1) throw new UsageError(`${flagOf(key)} is given ${texts.length} times: give it once`);
  const [text = ''] = texts;
  return isWord(schema) ? wordOf(schema, text) : documentOf(key, text);
}

function isWord({ type, enum: choices }: OptionSchema): boolean {
  return choices !== undefined || ['string', 'number', 'integer', 'boolean'].includes(type ?? '');
}

function wordOf({ type, enum: choices }: OptionSchema, text: string): unknown {
  const choice = choices?.find((value) => String(value) === text);
  if (choice !== undefined) return choice;
  const isNumber = type === 'number' || type === 'integer';
  return isNumber && text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

function documentOf(key: string, text: string): unknown {
  try {
    return readDocument(text, LIMITS.recipe);
  } catch (cause) {
    if (!(cause instanceof DocumentError)) throw cause;
    throw new UsageError(`${flagOf(key)} cannot be read as YAML: ${cause.message}`, { cause });
  }
}
