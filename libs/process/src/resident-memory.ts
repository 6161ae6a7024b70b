import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const KIB_PER_MIB = 1024;
const run = promisify(execFile);

/** Resident memory of a process in MiB, or null when it is gone or the system cannot tell. */
export async function residentMb(pid: number): Promise<number | null> {
  const kib = process.platform === 'linux' ? await fromProc(pid) : await fromPs(pid);
  return kib === null ? null : Math.round(kib / KIB_PER_MIB);
}

async function fromProc(pid: number): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(status);
  return found ? Number(found[1]) : null;
}

async function fromPs(pid: number): Promise<number | null> {
  const kib = await run('ps', ['-o', 'rss=', '-p', String(pid)]).then(
    ({ stdout }) => Number(stdout.trim()),
    () => Number.NaN,
  );
  return Number.isFinite(kib) ? kib : null;
}
