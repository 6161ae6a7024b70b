import type { GradientRule } from '../../rule.js';
import { gruGradients } from './gru.js';
import { lstmGradients } from './lstm.js';
import { rnnGradients } from './rnn.js';

export type RecurrentOp = 'LSTM' | 'GRU' | 'RNN';

/** Whole layers that carry a state along a sequence. */
export const RECURRENT_RULES: Record<RecurrentOp, GradientRule> = {
  LSTM: lstmGradients,
  GRU: gruGradients,
  RNN: rnnGradients,
};
