import { execFileSync } from 'node:child_process';
import { instructionsOf } from '#contracts';
import { readText } from './read.js';

/** What Apple calls those that matter. */
const APPLE: Readonly<Record<string, string>> = {
  'hw.optional.arm.FEAT_DotProd': 'asimddp',
  'hw.optional.arm.FEAT_I8MM': 'i8mm',
  'hw.optional.arm.FEAT_BF16': 'bf16',
  'hw.optional.arm.FEAT_FP16': 'asimdhp',
  'hw.optional.avx2_0': 'avx2',
  'hw.optional.avx512f': 'avx512f',
};

/** Instructions of this machine; none where the system does not tell. */
export function readInstructions(): string[] {
  if (process.platform === 'linux') return instructionsOf(readText('/proc/cpuinfo'));
  return process.platform === 'darwin' ? appleInstructions(sysctl()) : [];
}

/** Of lines such as "hw.optional.arm.FEAT_I8MM: 1". */
export function appleInstructions(lines: string): string[] {
  return lines.split('\n').flatMap((line) => {
    const [name = '', value] = line.split(': ');
    return value?.trim() === '1' && APPLE[name] ? [APPLE[name]] : [];
  });
}

function sysctl(): string {
  try {
    return execFileSync('sysctl', ['hw.optional'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
}
