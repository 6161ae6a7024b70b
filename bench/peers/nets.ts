import { readFile } from 'node:fs/promises';
import { float32, type HostTensors } from '#inference';
import { writeModel, type ModelProto } from '#onnx';
import { CHAIN_NET_SIZE, CHAIN_NETS, PUBLISHED_MODELS, publishedModelFile, randomNumbers } from '#testing';
import { mobileNetLike, resNet8, SAMPLE_DIMS, transformer } from '../nets.js';

/** A net that anyone can build or install, and samples for it; another for every seed. */
export interface PeerNet {
  net: string;
  bytes(): Promise<Uint8Array>;
  feeds(seed: number): Promise<HostTensors>;
}

function built(net: string, model: () => ModelProto, sample: readonly number[]): PeerNet {
  const length = sample.reduce((product, dim) => product * dim, 1);
  const feeds = async (seed: number) => {
    const draw = randomNumbers(seed);
    return {
      x: float32(
        [1, ...sample],
        Float32Array.from({ length }, () => draw() * 2 - 1),
      ),
    };
  };
  return { net, bytes: async () => writeModel(model()), feeds };
}

async function digits(seed: number): Promise<HostTensors> {
  const draw = randomNumbers(seed);
  return {
    input: float32(
      [1, 1, 32, 32],
      Float32Array.from({ length: 1024 }, () => Math.max(0, draw() * 4 - 2)),
    ),
  };
}

const SEED_NET = new URL('../../../examples/seed-net/seed-net.onnx', import.meta.url);
/** Channels of 128 and more. */
const CHAIN_WIDTH = 8;
const PICTURE = [3, CHAIN_NET_SIZE, CHAIN_NET_SIZE];
const PUBLISHED = ['PP-OCRv4 det', 'PP-OCRv4 rec', 'PP-OCR cls', 'wake word: embedding', 'wake word: alexa_v0.1'];

/** Twelve of them: five that were published, one of the examples, six that are built here with random weights. */
export const PEER_NETS: readonly PeerNet[] = [
  ...PUBLISHED_MODELS.filter(({ name }) => PUBLISHED.includes(name)).map((model): PeerNet => ({
    net: model.name,
    bytes: async () => readFile(publishedModelFile(model)),
    feeds: (seed) => model.feeds(seed),
  })),
  { net: 'seed-net', bytes: async () => readFile(SEED_NET), feeds: digits },
  built('resnet-8', resNet8, SAMPLE_DIMS.resNet8),
  built('mobilenet-like', mobileNetLike, SAMPLE_DIMS.mobileNetLike),
  built('transformer', transformer, SAMPLE_DIMS.transformer),
  ...Object.entries(CHAIN_NETS).map(([name, model]) => built(`${name}-like`, () => model(CHAIN_WIDTH), PICTURE)),
];

/** The net's name as that of a file. */
export function fileName({ net }: PeerNet): string {
  return net.replace(/[^a-zA-Z0-9.]+/g, '-');
}
