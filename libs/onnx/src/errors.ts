import { limitWords, type ModelLimits } from './limits.js';

/** Base of every error that libs/onnx throws. `code` is stable and may be shown to a client. */
export class OnnxError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The bytes are not a readable ONNX model. */
export class InvalidModelError extends OnnxError {
  constructor(problem: string, options?: ErrorOptions) {
    super('invalid_model', `not a readable ONNX model: ${problem}`, options);
  }
}

/** The model asks for something that this build does not read, such as a newer opset or a custom operator domain. */
export class UnsupportedModelError extends OnnxError {
  constructor(
    readonly what: string,
    readonly wayOut: string,
  ) {
    super('unsupported_model', `${what}: ${wayOut}`);
  }
}

/** A limit was passed by a model that was read, or by `what` else; limits are named in limits.ts. */
export class ModelLimitError extends OnnxError {
  constructor(
    readonly limit: keyof ModelLimits,
    readonly got: number,
    readonly allowed: number,
    what?: string,
  ) {
    super('model_limit', limitWords(limit, got, allowed, what));
  }
}

/** A tensor's storage contradicts its shape or type. */
export class InvalidTensorError extends OnnxError {
  constructor(
    readonly tensor: string,
    problem: string,
  ) {
    super('invalid_tensor', `tensor "${tensor}": ${problem}`);
  }
}

/** A tensor's data lies in a file that is not there. */
export class ExternalDataError extends OnnxError {
  constructor(
    readonly tensor: string,
    readonly file: string,
    wayOut: string,
  ) {
    super(
      'external_data',
      `tensor "${tensor}" has its data in another file, "${file}", which does not come with the model: ${wayOut}`,
    );
  }
}

/** A node or value was asked for that the graph does not hold. */
export class GraphError extends OnnxError {
  constructor(message: string) {
    super('graph', message);
  }
}
