import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const RUNNER = fileURLToPath(new URL('./mutant-runner.mjs', import.meta.url));
/** Jest keeps what it compiled; a process that has run so many mutants is followed by a new one. */
const RUNS_OF_A_PROCESS = 25;

/** Runs specs in a child, which ends where a spec uses more CPU time than it may; the next request gets another one. */
export class SpecRunner {
  child = null;
  runs = 0;

  /** The child's answer, or null where it ended. */
  async run(request) {
    if (this.runs >= RUNS_OF_A_PROCESS) this.stop();
    this.child ??= fork(RUNNER, { stdio: 'ignore' });
    this.runs += 1;
    const answer = await answerOf(this.child, request);
    if (answer === null) this.stop();
    return answer;
  }

  stop() {
    this.child?.kill('SIGKILL');
    this.child = null;
    this.runs = 0;
  }
}

function answerOf(child, request) {
  return new Promise((resolve) => {
    const end = (answer) => {
      child.removeAllListeners();
      resolve(answer);
    };
    child.once('message', end).once('exit', () => end(null));
    child.send(request);
  });
}
