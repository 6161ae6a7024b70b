import yauzl from 'yauzl';
import { zipOf } from './zip.js';

/** Names and texts of an archive, by a reader that checks sizes and checksums. */
async function read(archive: Blob): Promise<Record<string, string>> {
  const buffer = Buffer.from(await archive.arrayBuffer());
  const found: Record<string, string> = {};
  const zip = await yauzl.fromBufferPromise(buffer);
  for await (const entry of zip.eachEntry()) {
    const stream = await zip.openReadStreamPromise(entry);
    const pieces: Buffer[] = [];
    for await (const piece of stream) pieces.push(piece as Buffer);
    found[entry.fileName] = Buffer.concat(pieces).toString();
  }
  return found;
}

it('is an archive that another reader opens, with folders and names of any script', async () => {
  const entries = { 'cats/1.png': 'one', 'häuser/2.png': '', 'cats/3.png': 'three'.repeat(1000) };
  const archive = await zipOf(Object.entries(entries).map(([path, text]) => ({ path, file: new Blob([text]) })));
  expect(await read(archive)).toEqual(entries);
});
