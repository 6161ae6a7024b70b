import { DeviceSelector, suggestion, told } from '#contracts';

/** A step, or other options of evaluate, that may name devices, with the field that they stand in. */
interface Asking {
  field: string;
  options: Readonly<Record<string, unknown>>;
}

/**
 * Devices and tags that nobody has enrolled, by the field that names them: each trial of a sweep would wait for them until
 * its time is up. A job may wait for a device that comes later, and says so in its state.
 */
export function unknownDevices(
  asking: readonly Asking[],
  devices: readonly { name: string; tags: readonly string[] }[],
): { field: string; message: string }[] {
  const names = devices.map(({ name }) => name);
  const tags = [...new Set(devices.flatMap((device) => device.tags))];
  return asking.flatMap(({ field, options }) => {
    const selectors = Array.isArray(options['devices']) ? (options['devices'] as unknown[]) : [];
    return selectors.flatMap((selector, index) => {
      const message = missing(DeviceSelector.safeParse(selector).data, names, tags);
      return message === null ? [] : [{ field: `${field}.devices[${index}]`, message }];
    });
  });
}

function missing(selector: DeviceSelector | undefined, names: string[], tags: string[]): string | null {
  if (selector === undefined) return null;
  const [wanted, known] = typeof selector === 'string' ? [selector, names] : [selector.tag, tags];
  if (known.includes(wanted)) return null;
  const what = typeof selector === 'string' ? 'there is no device' : 'no device has the tag';
  const wayOut = known.length === 0 ? 'enrol one first, with `coldpress devices add`' : suggestion(wanted, known);
  return `${what} ${told(wanted)}, and every trial would wait for it: ${wayOut}`;
}
