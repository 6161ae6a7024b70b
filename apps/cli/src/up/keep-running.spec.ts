import { keepRunning, type Keeping, type KeptRunning, type Running } from './keep-running.js';

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

describe('a server that is kept running', () => {
  /**
   * Servers that end when they are stopped or killed, in the order of their starts; `fails` are the starts that fail.
   */
  function servers(fails: number[] = []) {
    const kills: ((how: string) => void)[] = [];
    let starts = 0;
    const start = async (): Promise<Running> => {
      if (fails.includes((starts += 1))) throw new Error(`start ${starts} failed`);
      const ended = new Promise<string>((resolve) => kills.push(resolve));
      const kill = kills.at(-1);
      return { ended, stop: async () => kill?.('stopped') };
    };
    return { start, kills, starts: () => starts };
  }

  let lines: string[];
  let keeping: Keeping;
  beforeEach(() => {
    lines = [];
    const log = (line: string) => void lines.push(line);
    keeping = { name: 'api', log, signal: new AbortController().signal, isPermanent: () => false };
  });

  it('is up anew when its restart has been waited for, and nothing of it is unexpected', async () => {
    const { start, starts } = servers();
    const kept = await keepRunning(start, keeping);
    await kept.restart();
    expect(starts()).toBe(2);
    await kept.stop();
    expect({ starts: starts(), lines }).toEqual({ starts: 2, lines: [] });
  });

  it('is restarted until it comes up, as after a fault that is mended meanwhile', async () => {
    const { start, starts } = servers([2]);
    const kept = await keepRunning(start, keeping);
    await kept.restart();
    expect({ starts: starts(), lines }).toEqual({ starts: 3, lines: ['api: start 2 failed'] });
    await kept.stop();
  });

  it('is waited for no longer, and started no more, when it is called off while no start comes up', async () => {
    const abort = new AbortController();
    const { start, starts } = servers([2, 3, 4, 5]);
    keeping.log = (line) => (lines.push(line), abort.abort());
    const kept = await keepRunning(start, { ...keeping, signal: abort.signal });
    await kept.restart();
    await kept.stop();
    expect({ starts: starts(), lines }).toEqual({ starts: 2, lines: ['api: start 2 failed'] });
  });

  it('starts once more when it is asked again while it starts', async () => {
    const { start, starts } = servers();
    let again: Promise<void> | undefined;
    const kept: KeptRunning<Running> = await keepRunning(async () => {
      if (starts() === 1) again = kept.restart();
      return start();
    }, keeping);
    await kept.restart();
    await again;
    expect(starts()).toBe(3);
    await kept.stop();
  });

  it('is started again when it dies, and the log says how it died', async () => {
    const { start, kills } = servers();
    const kept = await keepRunning(start, keeping);
    const isLogged = new Promise<void>((resolve) => {
      keeping.log = (line) => (lines.push(line), resolve());
    });
    kills[0]?.('SIGKILL');
    await isLogged;
    expect(lines).toEqual(['api: stopped unexpectedly (SIGKILL); starting it again']);
    await kept.stop();
  });
});
