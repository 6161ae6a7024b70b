import { checkedBytes, OtherBytesError } from './checked-bytes.js';

const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const bytes = new TextEncoder().encode('abc');

describe.each(['over HTTPS', 'over plain HTTP'])('bytes of a download %s', (where) => {
  const subtle = Object.getOwnPropertyDescriptor(globalThis, 'crypto');
  if (where === 'over plain HTTP') {
    beforeAll(() => Object.defineProperty(globalThis, 'crypto', { value: {}, configurable: true }));
    afterAll(() => Object.defineProperty(globalThis, 'crypto', subtle ?? {}));
  }

  it('are handed on where the digest is theirs', async () => {
    expect(await checkedBytes(bytes, ABC)).toBe(bytes);
  });

  it('are refused where it is not', async () => {
    await expect(checkedBytes(new Uint8Array([...bytes, 0]), ABC)).rejects.toThrow(OtherBytesError);
  });
});
