import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a browser has only where the page came over TLS or from the same machine. */
const SECURE_ONLY =
  /crypto\.(randomUUID|subtle)|navigator\.(clipboard|serviceWorker|storage|credentials|share|wakeLock|geolocation)|showOpenFilePicker|showSaveFilePicker|window\.caches/;

it('the page uses nothing that a browser has in secure contexts only', async () => {
  const folder = join(__dirname, '../apps/dashboard/src');
  const files = (await readdir(folder, { recursive: true })).filter(
    (file) => /\.tsx?$/.test(file) && !file.endsWith('.spec.ts'),
  );
  expect(files.length).toBeGreaterThan(10);
  const lines = await Promise.all(
    files.map(async (file) =>
      (await readFile(join(folder, file), 'utf8'))
        .split('\n')
        .filter((line) => !/^\s*(\/\/|\*|\/\*)/.test(line) && SECURE_ONLY.test(line)),
    ),
  );
  expect(lines.flat()).toEqual([]);
});
