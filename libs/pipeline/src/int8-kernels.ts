import type { DeviceFingerprint } from '#contracts';

/** Flags by which Linux names int8 dot products: x86 VNNI, and the dot product of ARM. */
const DOT_PRODUCTS = /\b(?:avx512_vnni|avx_vnni|asimddp)\b/;

/** Whether a list of instructions, or a text that holds one, has int8 dot products. */
export function namesDotProducts(instructions: string): boolean {
  return DOT_PRODUCTS.test(instructions);
}

/**
 * Whether the runtime's kernels clamp sums of u8 · s8 products of the full range there: those of x86 without VNNI do,
 * those of ARM widen.
 */
export function saturatesSums({ arch, isa }: Pick<DeviceFingerprint, 'arch' | 'isa'>): boolean {
  return arch === 'x64' && !namesDotProducts(isa.join(' '));
}
