import { UNREAD_CONDITION, type DeviceCondition } from '#contracts';

/** What browsers tell of the battery, where they do: https://www.w3.org/TR/battery-status/. */
interface BatteryManager {
  charging: boolean;
  level: number;
}

type WithBattery = Navigator & { getBattery?: () => Promise<BatteryManager> };

/** What a browser tells of its machine: at most the battery. A desktop is told as one that is full and charged. */
export async function browserCondition(): Promise<DeviceCondition> {
  const battery = await (navigator as WithBattery).getBattery?.().catch(() => null);
  if (!battery) return UNREAD_CONDITION;
  return { ...UNREAD_CONDITION, onBattery: !battery.charging, batteryPercent: Math.round(100 * battery.level) };
}
