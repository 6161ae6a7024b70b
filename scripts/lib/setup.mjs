// Set-up that every script does for itself, with nothing but Node: dependencies, then the build.
import { ensureBuilt } from './build.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { CommandError } from './run.mjs';

const OLDEST_NODE = [20, 19];

/** Installs and builds what is missing or out of date; ends the process with the cause when that fails. */
export async function prepare({ quiet = false } = {}) {
  const say = quiet ? () => {} : (line) => console.error(`coldpress: ${line}`);
  try {
    checkNode();
    await ensureDependencies();
    await ensureBuilt('server', say);
    await ensureBuilt('dashboard', say);
  } catch (error) {
    console.error(`coldpress: ${error instanceof CommandError ? error.message : error.stack}`);
    process.exit(1);
  }
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  console.error(`coldpress: this is Node ${process.versions.node}; ${OLDEST_NODE.join('.')} or newer is needed`);
  process.exit(1);
}
