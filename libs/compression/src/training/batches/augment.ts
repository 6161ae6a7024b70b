import type { AugmentOptions } from '#contracts';
import type { HostTensor, HostTensors } from '#inference';

/** Uniform numbers in [0, 1). */
type Random = () => number;

/** Whether the options change anything: without change a teacher's answers can be kept. */
export function augments({ shift, flip, cutout, mixup }: AugmentOptions): boolean {
  return shift > 0 || flip || cutout > 0 || mixup > 0;
}

/**
 * New inputs with every image [C, H, W] of a batch changed in its own way, and blended pairs where mixup asks; other
 * inputs only blend.
 */
export function augment(inputs: HostTensors, options: AugmentOptions, random: Random): HostTensors {
  const change = ([name, tensor]: [string, HostTensor]) => [name, changeImages(tensor, options, random)] as const;
  const changed = Object.fromEntries(Object.entries(inputs).map(change));
  return options.mixup > 0 ? blend(changed, options.mixup, random) : changed;
}

function changeImages(tensor: HostTensor, { shift, flip, cutout }: AugmentOptions, random: Random): HostTensor {
  if (tensor.type === 'int64' || tensor.type === 'uint64' || tensor.dims.length !== 4) return tensor;
  const [batch, channels, height, width] = tensor.dims as [number, number, number, number];
  const data = tensor.data.slice().fill(0);
  const within = (limit: number) => Math.floor(random() * (2 * limit + 1)) - limit;
  for (let image = 0; image < batch; image++) {
    const place = { dy: within(shift), dx: within(shift), mirrored: flip && random() < 0.5 };
    const [top, left] = [Math.floor(random() * height), Math.floor(random() * width)];
    const hole = { top: top - cutout / 2, left: left - cutout / 2, size: cutout };
    for (let channel = 0; channel < channels; channel++) {
      const plane = (image * channels + channel) * height * width;
      const end = plane + height * width;
      const [from, to] = [tensor.data.subarray(plane, end), data.subarray(plane, end)];
      copyPlane(from, to, { height, width, ...place, ...hole });
    }
  }
  return { ...tensor, data } as HostTensor;
}

type Plane = Exclude<HostTensor['data'], BigInt64Array | BigUint64Array>;

interface Placement {
  height: number;
  width: number;
  dy: number;
  dx: number;
  mirrored: boolean;
  top: number;
  left: number;
  size: number;
}

function copyPlane(from: Plane, to: Plane, { height, width, dy, dx, mirrored, top, left, size }: Placement): void {
  for (let y = Math.max(0, dy); y < Math.min(height, height + dy); y++) {
    for (let x = Math.max(0, dx); x < Math.min(width, width + dx); x++) {
      if (size > 0 && y >= top && y < top + size && x >= left && x < left + size) continue;
      const source = x - dx;
      const column = mirrored ? width - 1 - source : source;
      to[y * width + x] = from[(y - dy) * width + column]!;
    }
  }
}

/** Sample i becomes λ of itself and 1 - λ of sample i + 1, one λ for the batch. */
function blend(inputs: HostTensors, concentration: number, random: Random): HostTensors {
  const share = betaShare(concentration, random);
  return Object.fromEntries(
    Object.entries(inputs).map(([name, tensor]): [string, HostTensor] => {
      if (tensor.type !== 'float32' && tensor.type !== 'float64') return [name, tensor];
      const size = tensor.data.length / tensor.dims[0]!;
      const values = tensor.data;
      const other = (i: number) => values[(i + size) % values.length]!;
      const data = (values as Float32Array).map((value, i) => share * value + (1 - share) * other(i));
      return [name, { ...tensor, data } as HostTensor];
    }),
  );
}

/**
 * A number from Beta(a, a) for a ≤ 1 (Jöhnk 1964), by logarithms: for a small `a` both powers are below the least
 * number.
 */
function betaShare(a: number, random: Random): number {
  for (;;) {
    const draw = () => Math.log(1 - random()) / a;
    const [u, v] = [draw(), draw()];
    if (Math.exp(u) + Math.exp(v) <= 1) return 1 / (1 + Math.exp(v - u));
  }
}
