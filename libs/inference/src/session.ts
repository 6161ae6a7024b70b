import * as ort from 'onnxruntime-node';
import { ModelLoadError, RunError } from './errors.js';
import { REFUSED, isRunOver } from './kept-outputs.js';
import type { HostTensor, HostTensors } from './tensor.js';

export interface SessionOptions {
  /** Threads of one run; 1 by default, because results depend on the count and must repeat. */
  threads?: number;
  /** ORT's graph optimisation level; `extended` suits training graphs, `all` inference. */
  optimization?: 'disabled' | 'basic' | 'extended' | 'all';
  /** Where ORT writes the optimised graph, to see what was fused. */
  optimizedModelPath?: string;
  /** The runtime's own format for it, in place of ONNX. */
  optimizedFormat?: 'ORT';
  /** Keeps the runtime from writing errors to stderr: for runs that may fail and are answered. */
  quiet?: boolean;
  /** Prefix of the Chrome-trace profile that ORT writes when the session ends. */
  profilePrefix?: string;
}

export interface ValueMetadata {
  name: string;
  /** Of the elements; 'other' for what is no tensor. */
  type: string;
  /** Fixed dimensions as numbers, symbolic ones by name. */
  dims: readonly (number | string)[];
}

const { node: runtimeVersion = 'unknown' } = ort.env.versions;

/** The runtime's version as it enters stage keys: results may differ between versions. */
export const RUNTIME_VERSION = `onnxruntime-node ${runtimeVersion} ${process.platform}-${process.arch}`;

/** Execution providers that sessions are given. */
export const RUNTIME_PROVIDERS = ['CPUExecutionProvider'] as const;

/** A loaded model. Runs block the event loop of this process: heavy ones belong in a child process. */
export class Session {
  /** Outputs that are tensors, where others stand beside them: nothing else can be handed over. */
  private readonly tensors: readonly string[] | undefined;

  private constructor(private readonly session: ort.InferenceSession) {
    const tensors = session.outputMetadata.filter(({ isTensor }) => isTensor).map(({ name }) => name);
    this.tensors = tensors.length > 0 && tensors.length < session.outputMetadata.length ? tensors : undefined;
  }

  /** Loads a model from bytes, or from a path when it has external data beside it. Throws ModelLoadError. */
  static async create(model: Uint8Array | string, options: SessionOptions = {}): Promise<Session> {
    try {
      const settings = sessionSettings(options);
      const session =
        typeof model === 'string'
          ? await ort.InferenceSession.create(model, settings)
          : await ort.InferenceSession.create(model, settings);
      return new Session(session);
    } catch (error) {
      throw new ModelLoadError(error);
    }
  }

  get inputs(): ValueMetadata[] {
    return this.session.inputMetadata.map(toMetadata);
  }

  get outputs(): ValueMetadata[] {
    return this.session.outputMetadata.map(toMetadata);
  }

  /**
   * Runs the model on `feeds`; `fetches` limits what is computed and returned, which is every tensor by default:
   * sequences and maps are left out. Throws RunError.
   */
  async run(feeds: HostTensors, fetches = this.tensors): Promise<HostTensors> {
    try {
      const inputs = mapValues(feeds, toOrt);
      const results = fetches ? await this.session.run(inputs, fetches as string[]) : await this.session.run(inputs);
      return mapValues(results, (tensor) => fromOrt(tensor as ort.Tensor));
    } catch (error) {
      throw new RunError(error);
    }
  }

  /**
   * Runs the model and writes outputs into the tensors that are handed in for them; {@link keepOutputs} saves the copies
   * that the runtime would hand back besides. Throws RunError.
   */
  async runInto(feeds: HostTensors, outputs: HostTensors): Promise<void> {
    const refused = this.session.outputNames.includes(REFUSED) ? { [REFUSED]: null } : {};
    try {
      await this.session.run(mapValues(feeds, toOrt), { ...refused, ...mapValues(outputs, toOrt) });
    } catch (error) {
      if (!isRunOver(error)) throw new RunError(error);
    }
  }

  /** Ends a profile and returns memory to the runtime. */
  async release(): Promise<void> {
    await this.session.release();
  }
}

function sessionSettings(options: SessionOptions): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: ['cpu'],
    intraOpNumThreads: options.threads ?? 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: options.optimization ?? 'all',
    ...(options.optimizedModelPath ? { optimizedModelFilePath: options.optimizedModelPath } : {}),
    ...(options.profilePrefix ? { enableProfiling: true, profileFilePrefix: options.profilePrefix } : {}),
    // An idle session's spinning threads would take the core from the one that is measured.
    extra: {
      session: {
        intra_op: { allow_spinning: '0' },
        force_spinning_stop: '1',
        ...(options.optimizedFormat ? { save_model_format: options.optimizedFormat } : {}),
      },
    },
    logSeverityLevel: options.quiet ? 4 : 3,
  };
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  const entries = Object.entries(record).map(([name, value]) => [name, map(value)] as const);
  return Object.fromEntries(entries);
}

function toMetadata(meta: ort.InferenceSession.ValueMetadata): ValueMetadata {
  return meta.isTensor
    ? { name: meta.name, type: meta.type, dims: meta.shape }
    : { name: meta.name, type: 'other', dims: [] };
}

function toOrt(tensor: HostTensor): ort.Tensor {
  return new ort.Tensor(tensor.type as 'float32', tensor.data as Float32Array, tensor.dims as number[]);
}

/** Halves come as bits, whether or not this Node.js has an array of halves. */
function fromOrt({ type, dims, data }: ort.Tensor): HostTensor {
  const bits = data as Uint16Array<ArrayBuffer>;
  const half = () => new Uint16Array(bits.buffer, bits.byteOffset, bits.length);
  return { type, dims, data: type === 'float16' ? half() : data } as HostTensor;
}
