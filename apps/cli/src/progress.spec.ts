import type { Job, JobEvent, JobStage } from '#contracts';
import { JobProgress } from './progress.js';

function stage(change: Partial<JobStage> = {}): JobStage {
  return {
    index: 0,
    pass: 'quantize',
    options: {},
    state: 'waiting',
    key: null,
    cached: false,
    progress: 0,
    attempts: 1,
    modelDigest: null,
    metrics: null,
    skipped: [],
    summary: {},
    artifacts: [],
    error: null,
    startedAt: null,
    finishedAt: null,
    seconds: null,
    ...change,
  };
}

function shown(isTTY: boolean, ...events: JobEvent[]): string {
  let text = '';
  const progress = new JobProgress({ isTTY, columns: 80, write: (part) => (text += part) });
  progress.handle({ type: 'snapshot', job: { stages: [stage()] } as Job });
  for (const event of events) progress.handle(event);
  return text;
}

const at = (fraction: number): JobEvent => ({ type: 'progress', index: 0, fraction });
const done: JobEvent = { type: 'stage', stage: stage({ state: 'succeeded', progress: 1, seconds: 2.5 }) };

describe('JobProgress', () => {
  it('writes plain lines without escapes on a pipe, a stage once however often it is told', () => {
    expect(shown(false, done, done)).toBe('quantize: succeeded 2.5 s\n');
  });

  it('reports a quarter at a time on a pipe', () => {
    expect(shown(false, at(0.1), at(0.3), at(0.4), at(0.6), at(1))).toBe('quantize: 30 %\nquantize: 60 %\n');
  });

  it('reports on a pipe every ten seconds what goes slowly, and what is left of it', () => {
    let [text, now] = ['', 0];
    const progress = new JobProgress({ write: (part) => (text += part) }, () => now);
    progress.handle({ type: 'snapshot', job: { stages: [stage()] } as Job });
    for (const [seconds, done] of [
      [0, 1],
      [9, 2],
      [10, 3],
      [12, 4],
    ] as const) {
      now = 1000 * seconds;
      const message = `calibrating: ${done} of 32 samples`;
      progress.handle({ type: 'progress', index: 0, fraction: done / 100, message, leftS: 90, jobLeftS: 200 });
    }
    const left = 'about 1 min 30 s left of quantize, 3 min 20 s of the job';
    expect(text).toBe(`quantize: 3 %  calibrating: 3 of 32 samples, ${left}\n`);
  });

  it('redraws a bar in place on a terminal', () => {
    const text = shown(true, at(0.5), done);
    expect(text).toContain('\u001b[1A');
    expect(text).toContain(`${'█'.repeat(14)}${'░'.repeat(14)}  50 %`);
    expect(text.trimEnd().endsWith('100 %  2.5 s')).toBe(true);
  });

  it('shows what a stage says: as a line on a pipe, above the bars on a terminal', () => {
    const said: JobEvent = { type: 'log', index: 0, line: '2 layers are left alone' };
    expect(shown(false, said)).toBe('quantize: 2 layers are left alone\n');
    expect(shown(true, said)).toContain('\u001b[1A\u001b[Jquantize: 2 layers are left alone\n\u001b[2Kquantize');
  });

  it('writes whole lines on a terminal that says it has no columns', () => {
    let text = '';
    new JobProgress({ isTTY: true, columns: 0, write: (part) => (text += part) }).handle({
      type: 'snapshot',
      job: { stages: [stage()] } as Job,
    });
    expect(text.trimEnd().endsWith('waiting')).toBe(true);
  });

  it('shows why a stage failed', () => {
    expect(
      shown(false, {
        type: 'stage',
        stage: stage({ state: 'failed', error: { code: 'x', message: 'out of memory\nstack' } }),
      }),
    ).toBe('quantize: failed: out of memory\n');
  });
});
