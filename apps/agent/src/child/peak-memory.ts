import { readFileSync, writeFileSync } from 'node:fs';

const BYTES_PER_KIB = 1024;

/**
 * Resident memory of this process: begins now, and says at the end how far it rose above that; null where the system
 * does not tell.
 */
export function watchMemory(): () => number | null {
  const before = process.memoryUsage.rss();
  const isReset = resetPeak();
  return () => {
    const peak = isReset ? peakBytes() : process.resourceUsage().maxRSS * BYTES_PER_KIB;
    return peak === null || peak <= 0 ? null : Math.max(0, peak - before);
  };
}

/** Forgets the peak before, which starting Node.js made; Linux alone can. */
function resetPeak(): boolean {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
    return true;
  } catch {
    return false;
  }
}

function peakBytes(): number | null {
  const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return found ? Number(found[1]) * BYTES_PER_KIB : null;
}
