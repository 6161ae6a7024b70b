export function neededPackages(packages: Record<string, object>): string[];
