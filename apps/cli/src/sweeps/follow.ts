import type { Client } from '#client';
import { sweepProgress, type Sweep, type SweepEvent, type Trial } from '#contracts';
import type { Command } from 'commander';
import { EXIT, INTERRUPTED, type ExitCode } from '../exit-codes.js';
import { advised } from '../own-name.js';
import type { Screen } from '../progress.js';
import { TrialTally } from './trial-tally.js';
import { costLine, progressLine, trialLine, trialTable } from './words.js';

/** After so many attempts in a row without an event the server counts as gone. */
const ATTEMPTS = 20;
const DEFAULT_COLUMNS = 100;

/**
 * Shows trials as they end until the sweep has ended, and returns it. Ctrl-C leaves it running and says so, unless
 * `interrupt` does something else.
 */
export async function followSweep(
  client: Client,
  sweep: Sweep,
  command: Command,
  interrupt: () => void = () => leaveRunning(sweep, command),
): Promise<Sweep> {
  const { id } = sweep;
  process.once('SIGINT', interrupt);
  try {
    const view = new SweepView(process.stderr, sweep);
    view.begin();
    // What was before is told in a line: the stream goes on behind it.
    const after = sweep.lastEventId === 0 ? undefined : String(sweep.lastEventId);
    for await (const { event } of client.watchSweep({ id }, { attempts: ATTEMPTS, after })) view.handle(event);
    view.end();
    return await client.getSweep({ id });
  } finally {
    process.off('SIGINT', interrupt);
  }
}

function leaveRunning({ id }: Sweep, command: Command): never {
  const [watch, stop] = [advised(command, 'sweep', 'watch', id), advised(command, 'sweep', 'stop', id)];
  process.stderr.write(`\nsweep ${id} goes on: \`${watch}\` follows it, \`${stop}\` ends it\n`);
  process.exit(INTERRUPTED);
}

/** A line for each trial that ends; on a terminal a line below them tells how far the sweep is. */
class SweepView {
  private readonly tally: TrialTally;
  private hasLine = false;
  /** When the sweep was told last, by this machine's clock. */
  private toldAt = performance.now();

  constructor(
    private readonly screen: Screen,
    private sweep: Sweep,
  ) {
    this.tally = new TrialTally(sweep);
  }

  /** Where a sweep is that was launched before. */
  begin(): void {
    const { ended } = sweepProgress(this.sweep);
    if (ended > 0) this.screen.write(`so far ${progressLine(this.sweep)}\n`);
  }

  handle(event: SweepEvent): void {
    if (event.type === 'snapshot') {
      this.sweep = event.sweep;
      this.toldAt = performance.now();
    }
    if (event.type === 'sweep') this.sweep = { ...this.sweep, state: event.state, reason: event.reason };
    if (event.type === 'trial') this.tell(event.trial);
    if (this.screen.isTTY) this.draw();
  }

  end(): void {
    this.erase();
  }

  private tell(trial: Trial): void {
    this.tally.take(trial);
    if (trial.state === 'running') return;
    this.erase();
    this.screen.write(`${trialLine(this.sweep, trial)}\n`);
  }

  private draw(): void {
    this.erase();
    const since = this.sweep.state === 'running' ? (performance.now() - this.toldAt) / 1000 : 0;
    const searchedSeconds = this.sweep.searchedSeconds + since;
    const line = progressLine({ ...this.sweep, ...this.tally.sums, searchedSeconds });
    this.screen.write(line.slice(0, (this.screen.columns || DEFAULT_COLUMNS) - 1));
    this.hasLine = true;
  }

  private erase(): void {
    if (this.hasLine) this.screen.write('\r\u001b[2K');
    this.hasLine = false;
  }
}

/** What a sweep has found: its front, or the trials nearest to feasible where none is. */
export async function sweepReport(client: Client, sweep: Sweep): Promise<string> {
  const { front, nearest } = await client.sweepResults({ id: sweep.id });
  const head =
    front.length > 0
      ? 'front: no other feasible trial is better in every objective'
      : nearest.length > 0
        ? 'no trial holds the constraints; the nearest:'
        : 'no trial is complete';
  const trials = front.length > 0 ? front : nearest;
  return [
    `${progressLine(sweep)}${sweep.reason ? `: ${sweep.reason}` : ''}`,
    costLine(sweep),
    [head, ...(trials.length > 0 ? [trialTable(sweep, trials)] : [])].join('\n'),
  ].join('\n\n');
}

/** A sweep that found nothing that holds its constraints misses its gates. */
export function exitCodeOfSweep({ state, feasible, document }: Sweep): ExitCode {
  if (state !== 'finished') return EXIT.failed;
  return document.constraints.length > 0 && feasible === 0 ? EXIT.gates : EXIT.ok;
}
