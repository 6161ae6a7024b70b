// node scripts/kernels.mjs avx2|sse COMMAND ...: runs a command on the kernels that the runtime has for an older x86
// CPU.
import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './lib/run.mjs';

/** What XGETBV would answer: which registers the system keeps for its processes. */
const REGISTERS = { avx2: 0x07, sse: 0x03 };
const PACKAGE = join(ROOT, 'node_modules/onnxruntime-node/bin');
const LIBRARY = 'linux/x64/libonnxruntime.so.1';

/** Replaces each occurrence; returns how many there were. */
function replaceAll(bytes, from, to) {
  let count = 0;
  for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + from.length)) {
    bytes.set(to, at);
    count++;
  }
  return count;
}

/**
 * The runtime chooses its kernels by the instructions CPUID and XGETBV and has no setting for it. So a copy of the
 * library gets, in place of
 *
 *     xgetbv; mov eax, eax           mov eax, REGISTERS    (no AVX-512, no AMX)
 *     cpuid;  test al, 0x10          cpuid; xor edx, edx   (no AVX-VNNI)
 *
 * The processes load the copy before the addon asks for a library of that name.
 */
async function olderLibrary(kernels) {
  const registers = REGISTERS[kernels];
  const found = (await readdir(PACKAGE)).map((version) => join(PACKAGE, version, LIBRARY));
  const bytes = await readFile(found[0]);
  const states = replaceAll(
    bytes,
    Buffer.from([0x0f, 0x01, 0xd0, 0x89, 0xc0]),
    Buffer.from([0xb8, registers, 0, 0, 0]),
  );
  const products = replaceAll(bytes, Buffer.from([0x0f, 0xa2, 0xa8, 0x10]), Buffer.from([0x0f, 0xa2, 0x31, 0xd2]));
  if (states === 0 || products === 0)
    throw new Error(`${found[0]}: no place where the kernels are chosen was found: another version of the runtime?`);
  const folder = join(ROOT, '.coldpress/kernels', kernels);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'libonnxruntime.so.1'), bytes);
  return join(folder, 'libonnxruntime.so.1');
}

const [kernels, command, ...args] = process.argv.slice(2);
if (!(kernels in REGISTERS) || !command || process.platform !== 'linux' || process.arch !== 'x64') {
  console.error('usage, on Linux x64: node scripts/kernels.mjs avx2|sse COMMAND ...');
  process.exit(2);
}
const child = spawn(command, args, {
  stdio: 'inherit',
  env: { ...process.env, LD_PRELOAD: await olderLibrary(kernels) },
});
child.on('exit', (code) => (process.exitCode = code ?? 1));
