import type { CommandNode } from './command-tree.js';

/** Shells that the command completes in. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** The script that a shell reads at its start. Words are those of commands and flags, which need no quotes. */
export function completionScript(shell: Shell, nodes: readonly CommandNode[]): string {
  if (shell === 'fish') return fish(nodes);
  const head = shell === 'zsh' ? 'autoload -U +X bashcompinit && bashcompinit\n' : '';
  return `${head}${bash(nodes)}`;
}

function bash(nodes: readonly CommandNode[]): string {
  const values = nodes.flatMap(({ path, values: known }) =>
    [...known].map(([flag, words]) => `    '${path} ${flag}') words='${words.join(' ')}' ;;`),
  );
  const words = nodes.map(
    ({ path, commands, flags }) => `      '${path}') words='${[...commands, ...flags].join(' ')}' ;;`,
  );
  return `_coldpress() {
  local word="\${COMP_WORDS[COMP_CWORD]}" path='' words='' i next
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="$path \${COMP_WORDS[i]}"
    next="\${next# }"
    case "$next" in
      ${pathsOf(nodes)
        .map((path) => `'${path}'`)
        .join('|')}) path="$next" ;;
    esac
  done
  case "$path \${COMP_WORDS[COMP_CWORD-1]}" in
${values.join('\n')}
    *) case "$path" in
${words.join('\n')}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _coldpress coldpress
`;
}

function fish(nodes: readonly CommandNode[]): string {
  const lines = nodes.flatMap(({ path, commands, flags, values }) => {
    const at = `-n "test (__coldpress_path) = '${path}'"`;
    const names = commands.length > 0 ? [`complete -c coldpress ${at} -f -a '${commands.join(' ')}'`] : [];
    const options = flags.map((flag) => {
      const words = values.get(flag);
      return `complete -c coldpress ${at} -l ${flag.slice(2)}${words ? ` -x -a '${words.join(' ')}'` : ''}`;
    });
    return [...names, ...options];
  });
  return `function __coldpress_path
  set -l path ''
  for word in (commandline -opc)[2..-1]
    switch (string trim "$path $word")
      case ${pathsOf(nodes)
        .map((path) => `'${path}'`)
        .join(' ')}
        set path (string trim "$path $word")
    end
  end
  echo $path
end
${lines.join('\n')}
`;
}

const pathsOf = (nodes: readonly CommandNode[]): string[] =>
  nodes.map(({ path }) => path).filter((path) => path !== '');
