import type { Device } from '#contracts';
import { Facts } from '../components/facts.js';

/** What a device is, and how it is at the moment. */
export function DeviceDetails({ device: { fingerprint: is, condition, version, failures } }: { device: Device }) {
  return (
    <Facts
      facts={[
        ['Processor', `${is.cpu}, ${is.cores} cores, ${is.arch}`],
        ['Instructions', is.isa.join(', ')],
        ['Memory', is.memoryMb === null ? 'unknown' : `${is.memoryMb.toLocaleString('en')} MB`],
        ['Frequency', frequencyText(is, condition)],
        ['System', is.os],
        ['Runtime', `${is.runtime} with ${is.providers.join(', ')}`],
        ['Temperature', condition && withUnit(condition.temperatureC, '°C')],
        ['Load', condition && withUnit(condition.load, '')],
        ['Power', condition && powerText(condition.onBattery)],
        ['Agent', `${version} (${is.kind})`],
        ['Failures in a row', failures > 0 ? String(failures) : undefined],
      ]}
    />
  );
}

function withUnit(value: number | null, unit: string): string {
  if (value === null) return 'cannot be read there';
  return `${value.toLocaleString('en', { maximumFractionDigits: 1 })} ${unit}`;
}

const powerText = (onBattery: boolean | null): string =>
  onBattery === null ? 'cannot be read there' : onBattery ? 'on battery' : 'mains';

function frequencyText(is: Device['fingerprint'], condition: Device['condition']): string {
  const told = [
    condition?.frequencyMhz ? `${withUnit(condition.frequencyMhz, 'MHz')} now` : '',
    is.maxFrequencyMhz === null ? '' : `${withUnit(is.maxFrequencyMhz, 'MHz')} at most`,
    is.governor === null ? '' : `governor ${is.governor}`,
  ].filter((part) => part !== '');
  return told.join(', ') || withUnit(null, 'MHz');
}
