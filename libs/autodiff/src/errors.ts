import { type NodeProto, elementOf } from '#onnx';

/** Base of what libs/autodiff throws. `code` is stable and may be shown to a client. */
export class AutodiffError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A node as an error names it. */
export interface NodeName {
  node: string;
  opType: string;
}

export function nameOf({ name, output, opType }: NodeProto): NodeName {
  return { node: name || elementOf(output, 0, 'output'), opType };
}

/** Nodes between a trained weight and the loss have no gradient rule. */
export class MissingGradientError extends AutodiffError {
  constructor(readonly nodes: readonly NodeName[]) {
    const list = nodes.map(({ node, opType }) => `${opType} "${node}"`).join(', ');
    super(
      'missing_gradient',
      `no gradient rule for ${list}: freeze the weights before them, or add a rule (docs/writing-a-gradient-rule.md)`,
    );
  }
}

/** A rule exists for the operator, but not for what this node asks of it. */
export class UnsupportedGradientError extends AutodiffError {
  constructor(
    readonly node: NodeName,
    problem: string,
  ) {
    super('unsupported_gradient', `gradient of ${node.opType} "${node.node}": ${problem}`);
  }
}

/** A gradient is asked for by an input that the operator's rule says nothing about. */
export class GradientArityError extends AutodiffError {
  constructor(
    readonly node: NodeName,
    readonly got: number,
    readonly index: number,
  ) {
    super(
      'gradient_arity',
      `the rule of ${node.opType} "${node.node}" gives ${got} gradients, none by input ${index}: make that ` +
        'input a constant',
    );
  }
}

/** A rule needs the shape of a value that was not observed. */
export class UnknownShapeError extends AutodiffError {
  constructor(readonly value: string) {
    super('unknown_shape', `the shape of "${value}" is unknown: observe the graph's shapes on real input first`);
  }
}

/** Nothing to train, or a state that does not fit the parameters. */
export class TrainingStepError extends AutodiffError {
  constructor(problem: string) {
    super('training_step', problem);
  }
}
