import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CATALOG, quantizeModel, type PassContext } from '#compression';
import { PruneOptions, QuantizeOptions, type Skipped } from '#contracts';
import type { HostTensors } from '#inference';
import { readModel, writeModel } from '#onnx';
import { floatsLeft, layersWhole, macsLeft, snrOf, speedOf } from './peers/figures.js';
import { fileName, PEER_NETS, type PeerNet } from './peers/nets.js';
import { round, type BenchResult } from './harness.js';

const CALIBRATION = 32;
const UNSEEN = 8;

type PeerPass = 'quantize' | 'prune';

/** A model after a pass, whoever made it, and the nodes that its maker said were left alone. */
interface Result {
  bytes: Uint8Array;
  told: ReadonlySet<string>;
  /** Those of them that nobody could have changed: what they give is an output of the graph. */
  fixed: ReadonlySet<string>;
}

/** One net with its samples. */
interface Subject {
  net: PeerNet;
  float: Uint8Array;
  feeds: readonly HostTensors[];
}

/**
 * Int8 and half of the channels on twelve nets, beside what others made of them. With a folder as part the nets and
 * their samples are written there for the scripts in bench/peers, and what these have written is measured by the same
 * rules as ours. Other words narrow the nets.
 */
export async function run(parts: readonly string[]): Promise<BenchResult[]> {
  const folder = parts.find((part) => part.includes('/')) ?? null;
  const words = parts.filter((part) => part !== folder);
  const nets = PEER_NETS.filter(({ net }) => words.length === 0 || words.some((word) => net.includes(word)));
  if (folder) await mkdir(folder, { recursive: true });
  const results: BenchResult[] = [];
  for (const net of nets) results.push(...(await rowsOf(net, folder)));
  return results;
}

async function rowsOf(net: PeerNet, folder: string | null): Promise<BenchResult[]> {
  const seeds = Array.from({ length: CALIBRATION + UNSEEN }, (_, i) => i + 1);
  const subject = { net, float: await net.bytes(), feeds: await Promise.all(seeds.map((seed) => net.feeds(seed))) };
  if (folder) await writeForPeers(subject, folder);
  const rows: BenchResult[] = [];
  for (const pass of ['quantize', 'prune'] as const) {
    const own = await OURS[pass](subject);
    const ours = await figuresOf(pass, subject, own);
    const peers = folder ? await peerResults(folder, net, pass, own.fixed) : [];
    const theirs = new Map<string, Record<string, number | null>>();
    for (const [peer, result] of peers) theirs.set(peer, await figuresOf(pass, subject, result).catch(() => ({})));
    for (const [figure, value] of Object.entries(ours)) {
      if (figure === SILENT) continue;
      const beside = theirs.size > 0 ? [...theirs] : [[null, {}] as const];
      for (const [peer, figures] of beside)
        rows.push({
          net: net.net,
          pass,
          figure,
          ours: value,
          peer,
          theirs: (figures as Record<string, number | null>)[figure] ?? null,
          [SILENT]: ours[SILENT] ?? null,
          theirSilentlyLeftAlone: (figures as Record<string, number | null>)[SILENT] ?? null,
        });
    }
  }
  return rows;
}

const SILENT = 'silentlyLeftAlone';

const OURS: Record<PeerPass, (subject: Subject) => Promise<Result>> = {
  async quantize({ float, feeds }) {
    const model = readModel(float);
    const options = QuantizeOptions.parse({});
    const batches = feeds.slice(0, CALIBRATION);
    const { skipped } = await quantizeModel(model, options, () => () => batches, { threads: 1, seed: 0 });
    return { bytes: writeModel(model), ...toldOf(skipped) };
  },
  async prune({ float }) {
    const model = readModel(float);
    const outputPath = await mkdtemp(join(tmpdir(), 'coldpress-bench-'));
    const context: PassContext = {
      model,
      baseline: float,
      history: [float],
      data: null,
      seed: 0,
      threads: 1,
      outputPath,
      progress: () => undefined,
      log: () => undefined,
    };
    try {
      const { skipped } = await CATALOG.prune.run(context, PruneOptions.parse({ ratio: 0.5, multipleOf: 1 }));
      return { bytes: writeModel(model), ...toldOf(skipped) };
    } finally {
      await rm(outputPath, { recursive: true });
    }
  },
};

function toldOf(skipped: readonly Skipped[]): Pick<Result, 'told' | 'fixed'> {
  const outputs = skipped.filter(({ reason }) => reason.includes('graph output'));
  return { told: new Set(skipped.map(({ node }) => node)), fixed: new Set(outputs.map(({ node }) => node)) };
}

async function figuresOf(
  pass: PeerPass,
  { float, feeds }: Subject,
  { bytes, told }: Result,
): Promise<Record<string, number | null>> {
  const unseen = feeds.slice(CALIBRATION);
  const common = { bytesRatio: round(bytes.length / float.length), speedup: await speedOf(float, bytes, unseen[0]!) };
  return pass === 'quantize'
    ? { snrDb: await snrOf(float, bytes, unseen), ...common, [SILENT]: floatsLeft(bytes, told) }
    : { macsRatio: macsLeft(float, bytes, unseen[0]!), ...common, [SILENT]: layersWhole(float, bytes, told) };
}

/** NET.onnx and NET.json: the name of its input, its dimensions and the calibration samples as base64 of floats. */
async function writeForPeers({ net, float, feeds }: Subject, folder: string): Promise<void> {
  const samples = feeds.slice(0, CALIBRATION).map((feed) =>
    Object.entries(feed).map(([input, { dims, data }]) => ({
      input,
      dims,
      floats: Buffer.from(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength).toString('base64'),
    })),
  );
  await writeFile(join(folder, `${fileName(net)}.onnx`), float);
  await writeFile(join(folder, `${fileName(net)}.json`), JSON.stringify(samples));
}

/** What peers have written: NET.PASS.PEER.onnx. */
async function peerResults(
  folder: string,
  net: PeerNet,
  pass: PeerPass,
  fixed: ReadonlySet<string>,
): Promise<[string, Result][]> {
  const prefix = `${fileName(net)}.${pass}.`;
  const names = (await readdir(folder)).filter((name) => name.startsWith(prefix) && name.endsWith('.onnx'));
  return Promise.all(
    names.map(async (name): Promise<[string, Result]> => [
      name.slice(prefix.length, -'.onnx'.length),
      { bytes: await readFile(join(folder, name)), told: fixed, fixed },
    ]),
  );
}
