import type { Client } from '#client';
import { patient, whileWaiting } from './patience.js';

/** A screen that tells when something is first written to it. */
function screen(isTTY: boolean) {
  let text = '';
  let tell: () => void = () => undefined;
  const written = new Promise<void>((resolve) => (tell = resolve));
  const write = (part: string) => {
    text += part;
    tell();
  };
  return { isTTY, write, written, text: () => text };
}

describe('what takes long', () => {
  it.each([
    [false, /^the server checks\n$/],
    [true, /^(\r\u001b\[2Kthe server checks: \d[^\n]*)+\r\u001b\[2K$/],
  ])('is told, in place on a terminal (%s)', async (isTTY, words) => {
    const { written, text, ...shown } = screen(isTTY);
    const answer = await whileWaiting(
      'the server checks',
      written.then(() => 42),
      shown,
      { afterMs: 0, everyMs: 1 },
    );
    expect(answer).toBe(42);
    expect(text()).toMatch(words);
  });

  it('is not told where it does not', async () => {
    const { text, ...shown } = screen(true);
    await expect(whileWaiting('x', Promise.reject(new Error('refused')), shown)).rejects.toThrow('refused');
    expect(text()).toBe('');
  });

  it('is asked of a client as before', async () => {
    const client = { url: 'u', submitJob: async (input: object) => input } as unknown as Client;
    await expect(patient(client).submitJob({ body: { a: 1 } } as never)).resolves.toEqual({ body: { a: 1 } });
    expect(patient(client).url).toBe('u');
  });
});
