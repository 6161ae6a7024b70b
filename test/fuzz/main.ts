import { randomModel } from '#testing';
import { tryModel, type TryOutcome } from './try-model.js';
import { TRIALS } from './trials.js';

/** What is shown of a message. */
const LONGEST = 400;

/** After so many models a line says how far the run is. */
const TOLD_EVERY = 250;

/** Puts random models through every pass: `--graphs 100 --seed 1 [--passes "prune,train"] [--verbose]`. */
async function main(args: readonly string[]): Promise<void> {
  const value = (name: string) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
  const first = Number(value('--seed') ?? 1);
  const graphs = Number(value('--graphs') ?? 100);
  const wanted = value('--passes')?.split(',');
  const trials = wanted ? TRIALS.filter(({ name }) => wanted.includes(name)) : TRIALS;
  const counts: Record<TryOutcome['state'], number> = { held: 0, refused: 0, broken: 0 };
  for (let seed = first; seed < first + graphs; seed++) {
    if (args.includes('--verbose')) console.log(`${seed}: ${randomModel(seed).traits.join(', ')}`);
    const outcomes = await tryModel(seed, trials).catch((error: unknown): TryOutcome[] => [
      { seed, trial: 'the model itself', state: 'broken', message: String(error) },
    ]);
    for (const { state, trial, message } of outcomes) {
      counts[state]++;
      if (state === 'broken' || (state === 'refused' && args.includes('--refused')))
        console.log(`seed ${seed}, ${trial}: ${state}: ${message.slice(0, LONGEST)}`);
    }
    const done = seed - first + 1;
    if (done % TOLD_EVERY === 0 && done < graphs)
      console.log(
        `${done} of ${graphs} models: ${counts.held} held, ${counts.refused} refused, ${counts.broken} broken`,
      );
  }
  console.log(
    `${graphs} models from seed ${first}: ${counts.held} held, ${counts.refused} refused before they began, ${counts.broken} broken`,
  );
  process.exitCode = counts.broken > 0 ? 1 : 0;
}

await main(process.argv.slice(2));
