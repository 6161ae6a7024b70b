export function nearSpecs(
  changed: readonly string[],
  specs: readonly string[],
): { near: string[]; slow: string[]; untested: string[] };
