import { spawnSync } from 'node:child_process';
import { ALLOCATOR_ENVIRONMENT } from '#process';
import { printReport, type Bench } from './harness.js';

/** Every benchmark by name. To add one: its module, a line here, a line in README.md. */
const BENCHES: Record<string, () => Promise<Bench>> = {
  calibrate: () => import('./calibrate.bench.js'),
  data: () => import('./data.bench.js'),
  peers: () => import('./peers.bench.js'),
  prune: () => import('./prune.bench.js'),
  'prune-grid': () => import('./prune-grid.bench.js'),
  losses: () => import('./losses.bench.js'),
  measure: () => import('./measure.bench.js'),
  mixed: () => import('./mixed.bench.js'),
  published: () => import('./published.bench.js'),
  quantize: () => import('./quantize.bench.js'),
  training: () => import('./training.bench.js'),
  widths: () => import('./widths.bench.js'),
  fleet: () => import('./fleet.bench.js'),
  distill: () => import('./distill.bench.js'),
  onnx: () => import('./onnx.bench.js'),
  'replay-table': () => import('./replay-table.bench.js'),
  samplers: () => import('./samplers.bench.js'),
  scale: () => import('./scale.bench.js'),
  submit: () => import('./submit.bench.js'),
  sweep: () => import('./sweep.bench.js'),
  dashboard: () => import('./dashboard.bench.js'),
  overhead: () => import('./overhead.bench.js'),
};

const [name = '', ...parts] = process.argv.slice(2);
const load = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
if (load && process.env['MALLOC_TOP_PAD_'] !== ALLOCATOR_ENVIRONMENT.MALLOC_TOP_PAD_) {
  // The allocator reads its settings when a process starts; stages have them, and what is measured here is what they
  // do.
  process.exitCode =
    spawnSync(process.execPath, process.argv.slice(1), {
      env: { ...process.env, ...ALLOCATOR_ENVIRONMENT },
      stdio: 'inherit',
    }).status ?? 1;
} else if (load) {
  const bench = await load();
  printReport(name, await bench.run(parts));
} else {
  console.error(`usage: npm run bench -- NAME [PART...], where NAME is one of: ${Object.keys(BENCHES).join(', ')}`);
  process.exitCode = 2;
}
