import { keepRunning, type Keeping, type Running } from './keep-running.js';

const never = new Promise<string>(() => undefined);

/** A server that comes up at the given start, the first being 1. */
function server(comesUpAt: number): { start: () => Promise<Running>; starts: () => number } {
  let starts = 0;
  const start = async () => {
    if ((starts += 1) < comesUpAt) throw new Error(`start ${starts} failed`);
    return { ended: never, stop: async () => undefined };
  };
  return { start, starts: () => starts };
}

describe('the first start of a server that is kept running', () => {
  let lines: string[];
  let abort: AbortController;
  let keeping: Keeping;
  beforeEach(() => {
    lines = [];
    abort = new AbortController();
    keeping = { name: 'api', log: (line) => lines.push(line), signal: abort.signal, isPermanent: () => false };
  });

  it('is repeated, with the reason in the log', async () => {
    const { start, starts } = server(2);
    const pending = keepRunning(start, keeping);
    // What keepRunning watches never ends: it is not stopped here.
    await expect(pending).resolves.toMatchObject({ first: {} });
    expect({ starts: starts(), lines }).toEqual({ starts: 2, lines: ['api: start 1 failed; starting it again'] });
  });

  it('is not repeated where another would fail in the same way', async () => {
    const { start, starts } = server(2);
    await expect(keepRunning(start, { ...keeping, isPermanent: () => true })).rejects.toThrow('start 1 failed');
    expect(starts()).toBe(1);
  });

  it('is repeated a few times only', async () => {
    const { start, starts } = server(Infinity);
    await expect(keepRunning(start, keeping)).rejects.toThrow('start 6 failed');
    expect(starts()).toBe(6);
  });

  it('ends in the middle of a pause when it is called off', async () => {
    const { start, starts } = server(Infinity);
    const pending = keepRunning(start, { ...keeping, log: () => abort.abort() });
    await expect(pending).rejects.toThrow();
    expect(starts()).toBe(1);
  });
});
