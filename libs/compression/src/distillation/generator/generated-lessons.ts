import { mulberry32 } from '#datasets';
import { Generator, type GeneratorRequest } from './generator-step.js';
import type { Curriculum, Lesson } from '../../training/batches/lesson.js';
import { epochSeed } from '../../training/batches/epoch-seed.js';

/** Older lessons that the student repeats after each new one: it forgets what the generator has stopped making, and a step of its own is cheap. */
const REPLAYS = 2;

/** Lessons kept for repetition. */
const REMEMBERED = 100;

export interface GeneratedLessonsRequest extends GeneratorRequest {
  /** Name of the student's only input. */
  input: string;
  lessonsPerEpoch: number;
}

/**
 * Lessons made from noise: a generator learns to make samples that are worth the teacher's answers ({@link generatorObjective}); no data
 * is read. Each lesson trains the generator by one step. Throws TrainingError unless the teacher has one input of fixed shape.
 */
export async function generatedLessons(request: GeneratedLessonsRequest): Promise<Curriculum> {
  const { lessonsPerEpoch, seed } = request;
  const generator = await Generator.create(request);

  async function* lessons(epoch: number): AsyncGenerator<Lesson> {
    // Begun anew in each epoch, so that a run that resumes there sees the same lessons.
    const made: Lesson[] = [];
    const random = mulberry32(epochSeed(seed, epoch));
    for (let i = 0; i < lessonsPerEpoch; i++) {
      const { sample, answers } = await generator.make();
      const lesson: Lesson = { inputs: { [request.input]: sample }, answers, labels: null };
      yield lesson;
      made.push(lesson);
      if (made.length > REMEMBERED) made.shift();
      for (let replay = 0; replay < REPLAYS; replay++) yield made[Math.floor(random() * made.length)]!;
    }
  }

  return {
    lessonsPerEpoch: lessonsPerEpoch * (1 + REPLAYS),
    lessons,
    trainers: { generator: generator.trainer },
    release: () => generator.trainer.release(),
  };
}
