import { counted, type ChannelCosts, type ChannelTrials } from '#contracts';
import { scoreModels } from '#evaluation';
import { Session } from '#inference';
import { elementOf, writeModel, type ModelProto } from '#onnx';
import type { PassContext } from '../../pass.js';
import { measureChannels, type JudgeModels } from '../../pruning/sensitivity/channel-costs.js';
import type { Work } from '../../work.js';
import type { WidthEvidence } from '../../quantization/mixed/evidence.js';
import { costOf } from '../../quantization/mixed/sensitivity.js';

/** What each group of channels costs, judged on the same evidence as widths. */
export function channelCosts(
  { model, data, seed, threads }: PassContext,
  trials: ChannelTrials,
  evidence: WidthEvidence,
  work: Work,
): Promise<ChannelCosts> {
  const samples = () => evidence.batches(trials.samples, work);
  const judge: JudgeModels = (models) => judged(models, samples, evidence.classes, threads);
  return measureChannels(model, trials, { data, seed, threads, judge, work });
}

async function judged(
  models: readonly ModelProto[],
  samples: () => ReturnType<WidthEvidence['batches']>,
  classes: number | null,
  threads: number,
) {
  const sessions: Session[] = [];
  try {
    for (const model of models) sessions.push(await Session.create(writeModel(model), { threads }));
    const { scores } = await scoreModels(sessions, samples(), classes);
    return scores.slice(1).map((score) => costOf(elementOf(scores, 0, 'scores'), score));
  } finally {
    await Promise.all(sessions.map((session) => session.release()));
  }
}

/** The group that loses most by the largest share, in words. */
export function channelsVerdict({ groups, pairs }: ChannelCosts): string {
  const worst = groups
    .flatMap(({ producers, cuts }) => cuts.map((cut) => ({ name: elementOf(producers, 0, 'producers'), ...cut })))
    .filter((cut) => typeof cut.outputSnrDb === 'number')
    .toSorted((a, b) => (a.outputSnrDb ?? 0) - (b.outputSnrDb ?? 0))[0];
  if (!worst) return 'channels: no group loses any by these shares';
  const measured = `${counted(groups.length, 'group')} of channels and ${counted(pairs.length, 'pair')} of them tried`;
  const share = Math.round(100 * worst.ratio);
  return `${measured}: ${worst.name} loses most (${(worst.outputSnrDb ?? 0).toFixed(1)} dB without ${share} %)`;
}
