import { InvalidArgumentError, type Command } from 'commander';
import { DoorServer } from '../mcp/door-server.js';

/** `coldpress mcp` */
export function addMcpCommand(program: Command): void {
  program
    .command('mcp')
    .option('--folder <folder>', 'the only folder whose files are read', '.')
    .option('--jobs <number>', 'jobs that may be unfinished at a time', count, 4)
    .description('a door for agents: Model Context Protocol on standard input and output')
    .action(async ({ folder, jobs }: { folder: string; jobs: number }, command: Command) => {
      // Loaded here: no other command needs it.
      const { serveTools } = await import('../mcp/serve.js');
      const server = new DoorServer(command);
      await serveTools(() => server.connect(), { folder, jobs });
      await server.untilInputEnds();
    });
}

function count(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1 to 9999.');
  return Number(text);
}
