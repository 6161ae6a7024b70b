const ALL = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64', 'win32-arm64'];
/** Most boards that measure run on it. */
const BOARDS = 'linux-arm64';

/**
 * Platforms whose agents the package can serve: this machine's and that of most boards, or all by
 * COLDPRESS_PACK_PLATFORMS=all.
 */
export function askedPlatforms(environment = process.env) {
  const asked = environment.COLDPRESS_PACK_PLATFORMS;
  const own = `${process.platform}-${process.arch}`;
  if (asked === undefined) return [...new Set([own, BOARDS])].filter((platform) => ALL.includes(platform));
  if (asked === 'all') return ALL;
  throw new Error(`COLDPRESS_PACK_PLATFORMS is "${asked}": leave it out, or set it to "all"`);
}
