// Before the runtime, which keeps the console as it finds it.
import './console-trace.js';

/** onnxruntime-web, as far as measuring needs it. */
export type Ort = typeof import('onnxruntime-web');

const isGpu = 'gpu' in navigator && (navigator as { gpu?: unknown }).gpu !== undefined;

/** WebGPU where there is one, and WebAssembly. */
async function load(): Promise<Ort> {
  return (isGpu ? await import('onnxruntime-web/webgpu') : await import('onnxruntime-web/wasm')) as Ort;
}

const loading = load();

/** The runtime with so many threads where the page is isolated; of a worker the first call decides. */
export async function runtime(threads = navigator.hardwareConcurrency): Promise<Ort> {
  const ort = await loading;
  ort.env.wasm.numThreads = self.crossOriginIsolated ? threads : 1;
  return ort;
}

/** Execution providers, preferred first. */
export async function providers(): Promise<string[]> {
  const adapter = isGpu
    ? await (navigator as unknown as { gpu: { requestAdapter(): Promise<unknown> } }).gpu.requestAdapter()
    : null;
  return adapter ? ['webgpu', 'wasm'] : ['wasm'];
}
