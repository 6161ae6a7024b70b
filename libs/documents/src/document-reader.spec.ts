import { DocumentReader } from './document-reader.js';
import { LIMITS } from './limits.js';

describe('DocumentReader', () => {
  it('answers each text with its own value or problems, in any order of asking', async () => {
    const reader = new DocumentReader();
    try {
      const answers = await Promise.allSettled(
        ['a: 1', 'a: [', '{"b": 2}'].map((text) => reader.read(text, LIMITS.recipe)),
      );
      expect(answers).toMatchObject([
        { value: { a: 1 } },
        { reason: { code: 'invalid_document', problems: [{ line: 1 }] } },
        { value: { b: 2 } },
      ]);
    } finally {
      await reader.close();
    }
  });

  it('gives a text up that takes too long, and reads the next', async () => {
    const reader = new DocumentReader(1);
    try {
      await reader.read('a: 1', LIMITS.recipe).catch(() => undefined);
      await expect(
        reader.read(`{${Array.from({ length: 30_000 }, (_, i) => `k${i}`).join(',')}}`, LIMITS.recipe),
      ).rejects.toThrow('reading it takes more than');
    } finally {
      await reader.close();
    }
    const next = new DocumentReader();
    await expect(next.read('a: 1', LIMITS.recipe)).resolves.toEqual({ a: 1 });
    await next.close();
  });
});
