import { readFile } from 'node:fs/promises';

/** Flags by which Linux names int8 dot products: x86 VNNI, and the dot product of ARM. */
const DOT_PRODUCTS = ['avx512_vnni', 'avx_vnni', 'asimddp'];

/**
 * Whether this CPU multiplies int8 in one instruction (VNNI and its like), on which both the speed of int8 and the
 * result of full-range weights depend; null where the system does not tell.
 */
export async function hasInt8DotProduct(): Promise<boolean | null> {
  try {
    return int8DotProductIn(await readFile('/proc/cpuinfo', 'utf8'));
  } catch {
    return null;
  }
}

/** The same from the text of /proc/cpuinfo; null when it lists no flags. */
export function int8DotProductIn(cpuInfo: string): boolean | null {
  const flags = /^(?:flags|Features)\s*:(.*)$/m.exec(cpuInfo)?.[1]?.trim().split(/\s+/);
  return flags ? DOT_PRODUCTS.some((name) => flags.includes(name)) : null;
}
