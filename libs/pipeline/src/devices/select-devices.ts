import { selectorText, type DeviceSelector } from '#contracts';

/** One benchmark that a selector asks for. */
export interface WantedDevice {
  /** As people are told. */
  asked: string;
  wantedName: string | null;
  wantedTag: string | null;
  /** Tags by which it was asked, whether or not by its name as well: gates name them. */
  askedTags: string[];
}

/**
 * The benchmarks that selectors ask for, given the devices there are. One for each device of a tag; where none has it,
 * one that waits for the first that will. A device that several selectors name is asked once.
 */
export function selectDevices(
  selectors: readonly DeviceSelector[],
  devices: readonly { name: string; tags: readonly string[] }[],
): WantedDevice[] {
  const wanted = selectors.flatMap((selector): WantedDevice[] => {
    if (typeof selector === 'string') return [byName(selector)];
    const { tag } = selector;
    if ('any' in selector) return Array.from({ length: selector.any }, () => byTag(tag, selectorText(selector)));
    const withTag = devices.filter(({ tags }) => tags.includes(tag));
    const tagged = withTag.map(({ name }) => byName(name, [tag]));
    return tagged.length > 0 ? tagged : [byTag(tag, selectorText(selector))];
  });
  return withoutRepeats(wanted);
}

function withoutRepeats(wanted: readonly WantedDevice[]): WantedDevice[] {
  const named = new Map<string, WantedDevice>();
  return wanted.filter((wish) => {
    const known = wish.wantedName === null ? undefined : named.get(wish.wantedName);
    if (known) known.askedTags.push(...wish.askedTags);
    else if (wish.wantedName !== null) named.set(wish.wantedName, wish);
    return known === undefined;
  });
}

const byName = (name: string, askedTags: string[] = []): WantedDevice => ({
  asked: name,
  wantedName: name,
  wantedTag: null,
  askedTags,
});
const byTag = (tag: string, asked: string): WantedDevice => ({
  asked,
  wantedName: null,
  wantedTag: tag,
  askedTags: [tag],
});
