import type { Curriculum, Lesson } from '../training/batches/lesson.js';

/** Recorded and generated lessons in turn. Generated ones have no labels, so that the student learns from answers alone. */
export function mixedLessons(recorded: Curriculum, generated: Curriculum): Curriculum {
  async function* lessons(epoch: number): AsyncGenerator<Lesson> {
    const made = generated.lessons(epoch)[Symbol.asyncIterator]();
    for await (const lesson of recorded.lessons(epoch)) {
      yield { ...lesson, labels: null };
      const next = await made.next();
      if (!next.done) yield next.value;
    }
  }
  const release = async () => {
    await recorded.release();
    await generated.release();
  };
  return {
    lessonsPerEpoch: recorded.lessonsPerEpoch + Math.min(recorded.lessonsPerEpoch, generated.lessonsPerEpoch),
    lessons,
    trainers: { ...recorded.trainers, ...generated.trainers },
    release,
  };
}
