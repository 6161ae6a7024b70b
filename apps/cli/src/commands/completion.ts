import { Argument, type Command } from 'commander';
import { commandTree } from '../completion/command-tree.js';
import { completionScript, SHELLS, type Shell } from '../completion/scripts.js';

/** `coldpress completion bash` */
export function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .description('a script that completes commands, flags and their values: source <(coldpress completion bash)')
    .action((shell: Shell) => void process.stdout.write(completionScript(shell, commandTree(program))));
}
