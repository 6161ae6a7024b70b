import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../run.mjs';

const PARTS_OF_A_CHECKOUT = [
  'node_modules',
  'dist/apps',
  'dist/libs',
  'dist/agent',
  'dist/dashboard',
  'dist/test',
  'dist/bench',
  'dist/examples',
];

/** How large the package is, packed and installed, beside what runs in a checkout. */
export async function sizeLine(folder, tarball) {
  const [installed, { size }, checkout] = await Promise.all([bytesIn(folder), stat(tarball), checkoutBytes()]);
  const share = Math.round((100 * installed) / checkout);
  return `${tarball}: ${mb(size)}, installed ${mb(installed)} (${share} % of the ${mb(checkout)} of a checkout)`;
}

/** Bytes of what is installed and built in a checkout. */
export async function checkoutBytes() {
  const parts = await Promise.all(PARTS_OF_A_CHECKOUT.map((part) => bytesIn(join(ROOT, part)).catch(() => 0)));
  return parts.reduce((total, bytes) => total + bytes, 0);
}

/** Bytes of the files below a folder, each as often as it is there. */
export async function bytesIn(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size));
  return sizes.reduce((total, size) => total + size, 0);
}

const mb = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
