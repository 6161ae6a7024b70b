import type { NodeProto } from '#onnx';
import { blockwise } from './blockwise.js';
import { elementwise } from './elementwise.js';
import { layers } from './layers.js';
import { concatSplit } from './concat-split.js';
import { pooling } from './pooling.js';
import { quantization } from './quantization.js';
import { recurrentLayers } from './recurrent.js';
import type { ChannelRule, Rules } from './rule.js';
import { shape } from './shape.js';
import { shapeArithmetic } from './shape-arithmetic.js';

/** How channel removal passes through each operator. To support another: one entry in its family's table. */
const RULES: Rules = {
  ...blockwise,
  ...elementwise,
  ...layers,
  ...concatSplit,
  ...pooling,
  ...quantization,
  ...recurrentLayers,
  ...shape,
  ...shapeArithmetic,
};

const DOMAINS = ['', 'ai.onnx', 'com.microsoft'];

/** The rule of a node, or undefined where the operator is unknown: its values then stay as they are. */
export function ruleOf(node: NodeProto): ChannelRule | undefined {
  return DOMAINS.includes(node.domain) && Object.hasOwn(RULES, node.opType) ? RULES[node.opType] : undefined;
}
