import { selectorText, type DeviceSelector } from '#contracts';

/** One benchmark that a selector asks for. */
export interface WantedDevice {
  /** As people are told. */
  asked: string;
  wantedName: string | null;
  wantedTag: string | null;
}

/**
 * The benchmarks that selectors ask for, given the devices there are. One for each device of a tag; where none has it, one that waits for
 * the first that will. A device that several selectors name is asked once.
 */
export function selectDevices(
  selectors: readonly DeviceSelector[],
  devices: readonly { name: string; tags: readonly string[] }[],
): WantedDevice[] {
  const wanted = selectors.flatMap((selector): WantedDevice[] => {
    if (typeof selector === 'string') return [byName(selector)];
    const { tag } = selector;
    if ('any' in selector) return Array.from({ length: selector.any }, () => byTag(tag, selectorText(selector)));
    const tagged = devices.filter(({ tags }) => tags.includes(tag)).map(({ name }) => byName(name));
    return tagged.length > 0 ? tagged : [byTag(tag, selectorText(selector))];
  });
  const names = new Set<string>();
  return wanted.filter(({ wantedName }) => wantedName === null || (!names.has(wantedName) && names.add(wantedName)));
}

const byName = (name: string): WantedDevice => ({ asked: name, wantedName: name, wantedTag: null });
const byTag = (tag: string, asked: string): WantedDevice => ({ asked, wantedName: null, wantedTag: tag });
