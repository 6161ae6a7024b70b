import { ConfigError, parsePartialConfig, type Config } from '#contracts';

/** Flags before variables. Throws ConfigError that names the flag or variable as it was given. */
export function configOf({ port, host }: { port?: string; host?: string }): Partial<Config> {
  const flags = { COLDPRESS_PORT: port, COLDPRESS_HOST: host };
  const given = Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
  try {
    return parsePartialConfig({ ...process.env, ...given });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const flagOf = (field: string) => `--${field.slice('COLDPRESS_'.length).toLowerCase()}`;
    const problems = error.problems.map(({ field, message }) => ({
      field: field in given ? flagOf(field) : field,
      message,
    }));
    throw new ConfigError(problems, { cause: error });
  }
}
