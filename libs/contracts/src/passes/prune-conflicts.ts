import { PRUNE_DEFAULTS, type PruneFields } from './prune-fields.js';

/** Options that cannot be had together: which field to change, when, and what to say. */
export interface PruneConflict {
  field: keyof PruneFields;
  when(options: PruneFields): boolean;
  message: string;
}

const isChannel = ({ granularity }: PruneFields) => granularity === 'channel';
const isOneShot = ({ schedule }: PruneFields) => schedule === 'one-shot';
function isGlobal({ scope, granularity }: PruneFields): boolean {
  if (scope !== 'auto') return scope === 'global';
  return granularity === 'weight' || granularity === 'block';
}

/** Every combination of options that would otherwise be ignored in part, or refused once the stage runs. */
export const PRUNE_CONFLICTS: readonly PruneConflict[] = [
  {
    field: 'freeze',
    when: (o) => o.freeze.length > 0 && o.recoverEpochs === 0,
    message:
      'nothing is trained without recoverEpochs: set it, or leave freeze out (exclude keeps layers from pruning)',
  },
  {
    field: 'budget',
    when: (o) => o.budget !== undefined && !isChannel(o),
    message: 'a budget is met by removing channels: give a ratio instead, or take granularity channel',
  },
  {
    field: 'budget',
    when: (o) => o.budget !== undefined && !isOneShot(o),
    message: 'the steps of a schedule follow from a ratio: give one instead, or take schedule one-shot',
  },
  {
    field: 'maxDrop',
    when: (o) => o.maxDrop !== undefined && !isOneShot(o),
    message: 'a limit on accuracy decides the ratio at once: take schedule one-shot, or leave maxDrop out',
  },
  {
    field: 'maxDrop',
    when: (o) => o.maxDrop !== undefined && o.budget !== undefined,
    message: 'a limit on accuracy and a budget would both decide the ratio: give one of them',
  },
  {
    field: 'ratio',
    when: (o) => o.ratio !== PRUNE_DEFAULTS.ratio && o.budget !== undefined,
    message: 'a budget decides the ratio: leave ratio out',
  },
  {
    field: 'ratio',
    when: (o) => o.ratio !== PRUNE_DEFAULTS.ratio && o.granularity === 'n:m',
    message: 'the pattern gives the ratio: leave ratio out',
  },
  {
    field: 'schedule',
    when: (o) => !isOneShot(o) && o.granularity === 'layer',
    message: 'blocks are few, and go by their share: take schedule one-shot',
  },
  {
    field: 'steps',
    when: (o) => o.steps !== PRUNE_DEFAULTS.steps && isOneShot(o),
    message: 'schedule one-shot has no steps: take iterative or gradual, or leave steps out',
  },
  {
    field: 'recoverEpochs',
    when: (o) => o.recoverEpochs > 0 && isOneShot(o),
    message:
      'recovery comes between the steps of a schedule, and one-shot has none: take iterative or gradual, or ' +
      'let a distill pass follow',
  },
  {
    field: 'sensitivity',
    when: (o) => o.sensitivity && !isChannel(o),
    message: 'the scan goes by groups of channels: leave it out with this granularity',
  },
  {
    field: 'layerLimit',
    when: (o) => o.layerLimit !== PRUNE_DEFAULTS.layerLimit && !isGlobal(o),
    message: 'each layer loses the same share: take scope global, or leave layerLimit out',
  },
  {
    field: 'layerLimits',
    when: (o) => o.granularity === 'n:m' && Object.keys(o.layerLimits).length > 0,
    message: 'n:m takes the same share of every layer: name those to leave alone in exclude',
  },
  {
    field: 'groupWeights',
    when: (o) => o.groupWeights !== 'equal' && !isChannel(o),
    message: 'only channels have several tensors: take granularity channel, or leave groupWeights out',
  },
  {
    field: 'multipleOf',
    when: (o) => o.multipleOf !== PRUNE_DEFAULTS.multipleOf && !isChannel(o),
    message: 'only channels are counted in multiples: take granularity channel, or leave multipleOf out',
  },
  {
    field: 'pattern',
    when: (o) => o.pattern !== PRUNE_DEFAULTS.pattern && o.granularity !== 'n:m',
    message: 'a pattern is for granularity n:m: take it, or leave pattern out',
  },
  {
    field: 'block',
    when: (o) => o.block.join() !== PRUNE_DEFAULTS.block.join() && o.granularity !== 'block',
    message: 'blocks are for granularity block: take it, or leave block out',
  },
];
