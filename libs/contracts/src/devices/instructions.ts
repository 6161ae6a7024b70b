/** Instructions by which a runtime chooses its kernels, as Linux names them. Hosts mask some although the processor has the same name. */
const DECISIVE = [
  'sse4_1',
  'avx',
  'avx2',
  'fma',
  'avx512f',
  'avx_vnni',
  'avx512_vnni',
  'avx512_bf16',
  'amx_int8',
  'asimd',
  'asimdhp',
  'asimddp',
  'i8mm',
  'bf16',
  'sve',
];

/** Those of DECISIVE that processors of servers have: they tell devices apart, and no two workers. */
const COMMON = ['sse4_1', 'asimd', 'asimdhp'];

/** The decisive instructions of /proc/cpuinfo. */
export function instructionsOf(cpuinfo: string): string[] {
  const flags = new Set(/^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuinfo)?.[1]?.split(' '));
  return DECISIVE.filter((flag) => flags.has(flag));
}

/** Those of them by which the results of two workers may differ. */
export const tellingInstructions = (cpuinfo: string): string[] =>
  instructionsOf(cpuinfo).filter((name) => !COMMON.includes(name));
