type Options = Readonly<Record<string, unknown>>;

const held = ({ earlyStopping }: Options): string[] => (earlyStopping ? ['validationLoss'] : []);
const ofFeatures = ({ features }: Options): string[] =>
  Array.isArray(features) && features.length > 0 ? ['featureLoss'] : [];
/** The two parts where labels are learned from beside the teacher. */
const IMITATION = ['loss', 'softLoss', 'hardLoss'];

/** What passes that train report at each step, by pass: losses, the lower the better. To add a pass: its line. */
const FIGURES: Readonly<Record<string, (options: Options) => string[]>> = {
  distill: (options) => [...IMITATION, ...ofFeatures(options), ...held(options)],
  train: (options) => ['loss', ...held(options)],
  prune: ({ recoverEpochs }) => (Number(recoverEpochs ?? 0) > 0 ? IMITATION : []),
};

/**
 * Names of the losses that a pass may report of its training under these options; none of one that does not train.
 * Those of single outputs are `loss:` and the output's name, which the model decides.
 */
export const curveFigures = (pass: string, options: Options): string[] => FIGURES[pass]?.(options) ?? [];

/** Whether a name is that of one output's loss. */
export const isOutputLoss = (name: string): boolean => name.startsWith('loss:');
