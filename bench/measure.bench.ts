import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { float32, Session } from '#inference';
import { compare, EQUAL_WITHIN, FULL, measure, type Subject, type Verdict } from '#measurement';
import { median, type BenchResult } from './harness.js';

/** Measurements of each case; with the word `short` fewer. */
const REPETITIONS = 100;
const SHORT_REPETITIONS = 20;

/** Share of its own time by which the slower subject is held up. */
const SLOWDOWN = 0.03;

/** A full measurement takes a minute; two hundred of them take this much each. */
const SECONDS = 1;

type Ask = (pair: readonly [Subject, Subject], seed: number) => Promise<{ verdict: Verdict; runs: number }>;

/**
 * How far this machine's clock is to be believed: two sessions of one model against each other, and against one that is
 * held up by 3 %, measured as claims about speed are (blocks in random order, verdict by the interval) and, beside it,
 * as medians of one series after the other.
 */
export async function run(parts: readonly string[]): Promise<BenchResult[]> {
  const repetitions = parts.includes('short') ? SHORT_REPETITIONS : REPETITIONS;
  const file = readFileSync('examples/seed-net/seed-net.onnx');
  const results: BenchResult[] = [];
  for (const [method, ask] of Object.entries({ interleaved: inBlocks, 'raw medians': inSeries })) {
    for (const slowdown of [0, SLOWDOWN]) {
      const name = slowdown ? `${slowdown * 100} % slower` : 'A/A';
      results.push({ case: `${name}, ${method}`, ...(await count(file, ask, slowdown, repetitions)) });
    }
  }
  return results;
}

/**
 * What was said of so many pairs. False is what contradicts the truth: a difference of equals, or the absence of one
 * that is there.
 */
async function count(file: Uint8Array, ask: Ask, slowdown: number, repetitions: number): Promise<BenchResult> {
  const verdicts: Record<Verdict, number> = { faster: 0, slower: 0, equal: 0, inconclusive: 0 };
  const runs: number[] = [];
  for (let seed = 0; seed < repetitions; seed++) {
    const said = await askPair(file, ask, slowdown, seed);
    verdicts[said.verdict]++;
    runs.push(said.runs);
  }
  const { faster, slower, equal, inconclusive } = verdicts;
  const [detected, falseVerdicts] = slowdown ? [slower, faster + equal] : [equal, faster + slower];
  return { repetitions, falseVerdicts, detected, inconclusive, runs: median(runs) };
}

/** Both sessions are made anew, so that where their memory happens to lie decides one measurement and not all. */
async function askPair(file: Uint8Array, ask: Ask, slowdown: number, seed: number) {
  const sessions = [await Session.create(file), await Session.create(file)] as const;
  try {
    const [first, second] = sessions.map(subjectOf) as [Subject, Subject];
    return await ask([first, slowdown ? heldUp(second, slowdown) : second], seed);
  } finally {
    for (const session of sessions) await session.release();
  }
}

function subjectOf(session: Session): Subject {
  const feeds = { [session.inputs[0]?.name ?? '']: float32([1, 1, 32, 32], new Float32Array(1024).fill(0.5)) };
  return { run: () => session.run(feeds) };
}

/** The same work, held up by a share of the time that each run took. */
function heldUp(subject: Subject, share: number): Subject {
  return {
    run: async (index) => {
      const start = performance.now();
      await subject.run(index);
      const end = performance.now();
      while (performance.now() < end + share * (end - start));
    },
  };
}

const inBlocks: Ask = async (pair, seed) => {
  const { samplesMs } = await measure(pair, { ...FULL, minSeconds: SECONDS, seed }, performance);
  const [speedup] = compare(samplesMs);
  return { verdict: speedup?.verdict ?? 'inconclusive', runs: samplesMs[0]?.length ?? 0 };
};

/**
 * As many runs of one after the other, and the medians taken for the truth beyond the 2 % within which speeds count as
 * equal.
 */
const inSeries: Ask = async (pair) => {
  const settings = { ...FULL, minSeconds: 0, within: null };
  const medians: number[] = [];
  for (const subject of pair)
    medians.push(median((await measure([subject], settings, performance)).samplesMs[0] ?? []));
  const [before = NaN, after = NaN] = medians;
  const verdict = before / after > 1 + EQUAL_WITHIN ? 'faster' : after / before > 1 + EQUAL_WITHIN ? 'slower' : 'equal';
  return { verdict, runs: settings.minRuns };
};
