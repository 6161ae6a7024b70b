import { Command } from 'commander';
import { addArtifactCommands } from './commands/artifacts.js';
import { addCompletionCommand } from './commands/completion.js';
import { addDatasetCommands } from './commands/datasets.js';
import { addDeviceCommands } from './commands/devices.js';
import { addJobCommands } from './commands/jobs.js';
import { addKeyCommands } from './commands/keys.js';
import { addMcpCommand } from './commands/mcp.js';
import { addModelCommands } from './commands/models.js';
import { addPassCommands } from './commands/passes.js';
import { addPressCommand } from './commands/press.js';
import { addReplayCommand } from './commands/replay.js';
import { addReportCommand } from './commands/report.js';
import { addRunCommand } from './commands/run.js';
import { addSweepCommands } from './commands/sweeps.js';
import { addUpCommand } from './commands/up.js';
import { addGlobalOptions, spreadGlobalOptions } from './global-options.js';
import { version } from './version.js';

const COMMANDS = [
  addUpCommand,
  addModelCommands,
  addDatasetCommands,
  addRunCommand,
  addJobCommands,
  addSweepCommands,
  addPressCommand,
  addReportCommand,
  addReplayCommand,
  addArtifactCommands,
  addPassCommands,
  addDeviceCommands,
  addKeyCommands,
  addMcpCommand,
  addCompletionCommand,
];

/** The whole command line. */
export function buildProgram(): Command {
  const program = new Command('coldpress')
    .description('Make neural networks small and fast enough for edge devices')
    .version(version())
    .exitOverride()
    .showHelpAfterError('(--help lists the commands)');
  addGlobalOptions(program);
  for (const add of COMMANDS) add(program);
  spreadGlobalOptions(program);
  return program;
}
