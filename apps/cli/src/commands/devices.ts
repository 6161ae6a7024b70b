import { all, type Client } from '#client';
import {
  DeviceName,
  DeviceTags,
  fieldProblems,
  formatLatencyRatio,
  sentenceOf,
  type Device,
  type DeviceMeasurement,
  type EnrolmentCode,
} from '#contracts';
import type { Command } from 'commander';
import { UsageError } from '../errors.js';
import { print, table } from '../output.js';
import { findModel } from '../references.js';
import { collect, context } from './context.js';
import { wholeNumber } from './whole-number.js';

/** `coldpress devices ls | history | add | drain | resume | rm` */
export function addDeviceCommands(program: Command): void {
  const devices = program.command('devices').description('machines that measure models');

  devices
    .command('ls')
    .description('list devices, each with its state and the reason')
    .action(async (_options: object, command: Command) => {
      const { client, json } = await context(command);
      const items = await listDevices(client);
      const head = ['name', 'state', 'tags', 'waiting', 'processor', 'reason'];
      print(json, items, () => table(head, items.map(row)));
    });

  addHistory(devices);

  devices
    .command('add')
    .argument('<name>', 'name of the device')
    .option('--tag <tag>', 'a tag of the device; may be given again', (tag: string, before: string[] = []) => [
      ...before,
      tag,
    ])
    .description('make a code by which a machine becomes a device, and print what to type on it')
    .action(async (name: string, { tag = [] }: { tag?: string[] }, command: Command) => {
      const body = { name: checked(DeviceName, name, 'the name'), tags: checked(DeviceTags, tag, '--tag') };
      const { client, json } = await context(command);
      const code = await client.createDeviceCode({ body });
      print(json, code, () => enrolmentWords(code));
    });

  onDevice(devices, 'drain', 'let a device finish what it measures and give it nothing more', (client, { id }) =>
    client.drainDevice({ id }),
  );
  onDevice(devices, 'resume', 'give a device work again that was drained or quarantined', (client, { id }) =>
    client.resumeDevice({ id }),
  );
  onDevice(devices, 'rm', 'remove a device: its key opens nothing from now on', async (client, device) => {
    await client.deleteDevice({ id: device.id });
    return null;
  });
}

function addHistory(devices: Command): void {
  devices
    .command('history')
    .argument('<device>', 'name or id')
    .option('--model <model>', 'only jobs on this model: its id, the start of one, or a name')
    .option('--limit <count>', 'at most so many jobs', wholeNumber, MORE)
    .description('what a device measured, newest first: each model of each job')
    .action(async (reference: string, { model, limit }: HistoryOptions, command: Command) => {
      const { client, json } = await context(command);
      const { id, name } = await findDevice(client, reference);
      const query = { id, ...(model && { model: (await findModel(client, model)).id }) };
      const measured = await collect(all(client.deviceBenchmarks, query), limit + 1);
      const nothing = `${name} has measured nothing${model ? ` of ${model}` : ''} yet`;
      print(json, measured.slice(0, limit), () => (measured.length === 0 ? nothing : historyWords(measured, limit)));
    });
}

interface HistoryOptions {
  model?: string;
  limit: number;
}

/** Jobs that are told, and by how many more are. */
const MORE = 20;
const HISTORY_HEAD = ['measured', 'job', 'model', 'median ms', '95 % interval ms', 'against the original', 'title'];

/** Says where more was measured than is told, and what is not known. */
function historyWords(measured: readonly DeviceMeasurement[], limit: number): string {
  const rows = measured
    .slice(0, limit)
    .flatMap(({ measuredAt, jobId, title, models }) =>
      models.map(({ label, p50, low, high, latencyRatio }) => [
        measuredAt.slice(0, 16).replace('T', ' '),
        jobId.slice(0, 8),
        label,
        p50.toFixed(3),
        low === null || high === null ? 'too few runs' : `${low.toFixed(3)}..${high.toFixed(3)}`,
        latencyRatio ? formatLatencyRatio(latencyRatio) : '–',
        title,
      ]),
    );
  const more = measured.length > limit ? `\nolder jobs are left out: --limit ${limit + MORE} has more` : '';
  return `${table(HISTORY_HEAD, rows)}${more}`;
}

function enrolmentWords({ expiresAt, command, pages, unreachable }: EnrolmentCode): string {
  return [
    `Type on the device, before ${expiresAt}:\n  ${command}`,
    ...(pages.length > 0 ? [`or open in its browser:\n  ${pages.join('\n  ')}`] : []),
    ...(unreachable === null ? [] : [`Only this machine can be the device: ${unreachable}`]),
  ].join('\n');
}

/** A command that is about one device and gives what became of it. */
function onDevice(
  devices: Command,
  name: string,
  description: string,
  action: (client: Client, device: Device) => Promise<Device | null>,
): void {
  const onDevice = devices.command(name).argument('<device>', 'name or id').description(description);
  onDevice.action(async (reference: string, _options: object, command: Command) => {
    const { client, json } = await context(command);
    const device = await findDevice(client, reference);
    const changed = await action(client, device);
    if (changed) print(json, changed, () => `${changed.name}  ${changed.state}: ${changed.reason}`);
    else print(json, { id: device.id, removed: true }, () => `removed ${device.name}`);
  });
}

const listDevices = (client: Client): Promise<Device[]> => collect(all(client.listDevices, {}));

/** Throws UsageError that says which there are. */
async function findDevice(client: Client, reference: string): Promise<Device> {
  const devices = await listDevices(client);
  const found = devices.find(({ id, name }) => id === reference || name === reference);
  if (found) return found;
  const names = devices.map(({ name }) => name).join(', ');
  const others = names === '' ? 'there are none: add one with `coldpress devices add`' : `there are ${names}`;
  throw new UsageError(`there is no device ${reference}; ${others}`);
}

/** Throws UsageError. */
function checked<T>(schema: { safeParse: (value: unknown) => Parsed<T> }, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new UsageError(`${what}: ${sentenceOf(fieldProblems(result.error.issues))}`);
}

type Parsed<T> =
  | { success: true; data: T }
  | { success: false; error: { issues: Parameters<typeof fieldProblems>[0] } };

function row({ name, state, tags, waiting, fingerprint, reason }: Device): string[] {
  return [name, state, tags.join(' '), String(waiting), `${fingerprint.cpu}, ${fingerprint.cores} cores`, reason];
}
