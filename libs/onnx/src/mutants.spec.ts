import { Dice, mutateBytes, mutateModel, randomModel } from '#testing';
import { OnnxError } from './errors.js';
import { inspectModel } from './inspect.js';
import { liftOpset } from './lift-opset.js';
import { cloneModel, readModel } from './read.js';
import { writeModel } from './write.js';

/** What is said of a model, null where it was read, inspected and lifted. */
function verdict(bytes: Uint8Array): OnnxError | null {
  try {
    const model = readModel(bytes);
    inspectModel(model);
    liftOpset(cloneModel(model), 21);
    return null;
  } catch (error) {
    if (error instanceof OnnxError) return error;
    throw error;
  }
}

/** Mutants that protobuf can write; it refuses numbers that a field cannot hold. */
function written(seed: number, mutant: number): Uint8Array | null {
  const dice = new Dice(1000 * seed + mutant);
  const { model } = randomModel(seed);
  if (mutant % 4 === 0) return mutateBytes(writeModel(model), dice);
  for (let i = 0; i <= mutant % 2; i++) mutateModel(model, dice);
  try {
    return writeModel(model);
  } catch {
    return null;
  }
}

describe('a damaged model', () => {
  it.each(Array.from({ length: 15 }, (_, seed) => seed))('of seed %i is read, or refused in words', (seed) => {
    for (let mutant = 0; mutant < 12; mutant++) {
      const bytes = written(seed, mutant);
      const error = bytes && verdict(bytes);
      if (error) expect(error.message.length).toBeGreaterThan(20);
    }
  });

  it('is refused in most cases, and whole models are not', () => {
    const all = Array.from({ length: 24 }, (_, i) => written(i, i)).filter((bytes) => bytes !== null);
    expect(all.filter((bytes) => verdict(bytes) !== null).length).toBeGreaterThan(all.length / 3);
    for (let seed = 0; seed < 8; seed++) expect(verdict(writeModel(randomModel(seed).model))).toBeNull();
  });
});
