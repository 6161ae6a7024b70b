import { Tickets } from './tickets.js';

describe('work of tools, by ticket', () => {
  it('is answered at once where it ends at once, and its ticket is void', async () => {
    const tickets = new Tickets<string>(60_000);
    expect(await tickets.begin(Promise.resolve('done'))).toEqual({ state: 'done', value: 'done' });
    expect(tickets.ask('work-1')).toBeUndefined();
  });

  it('is answered later where it takes longer than a tool may', async () => {
    const tickets = new Tickets<string>(0);
    let finish: (value: string) => void = () => undefined;
    const work = new Promise<string>((resolve) => (finish = resolve));
    expect(await tickets.begin(work)).toEqual({ state: 'running', ticket: 'work-1' });
    expect(await tickets.ask('work-1')).toEqual({ state: 'running', ticket: 'work-1' });
    finish('done');
    expect(await tickets.ask('work-1')).toEqual({ state: 'done', value: 'done' });
  });

  it('tells whoever asks of its failure', async () => {
    const tickets = new Tickets<string>(0);
    let fail: (error: Error) => void = () => undefined;
    await tickets.begin(new Promise<string>((_, reject) => (fail = reject)));
    fail(new Error('broken'));
    await expect(tickets.ask('work-1')).rejects.toThrow('broken');
  });
});
