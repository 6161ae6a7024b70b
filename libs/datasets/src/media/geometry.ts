import type { ImageForm } from '#contracts';

/**
 * How a picture is fitted: resized, then placed at an offset (negative where it is cut) in a picture of the final size.
 */
export interface Fit {
  resized: { height: number; width: number };
  /** Top left corner of the resized picture in the result. */
  top: number;
  left: number;
  height: number;
  width: number;
  /** Value of the pixels around it. */
  fill: number;
}

function both(size: number | readonly [number, number]): readonly [number, number] {
  return typeof size === 'number' ? [size, size] : size;
}

/** Where a picture of a size goes, as torchvision's Resize and CenterCrop, or the letterbox of YOLO, place it. */
export function fitOf(form: ImageForm, height: number, width: number): Fit {
  if (form.letterbox !== undefined) return letterboxed(both(form.letterbox), height, width, form.fill);
  const resized = resizedTo(form.resize, height, width);
  const [finalHeight, finalWidth] = form.crop === undefined ? [resized.height, resized.width] : both(form.crop);
  const top = -roundToEven((resized.height - finalHeight) / 2);
  const left = -roundToEven((resized.width - finalWidth) / 2);
  return { resized, top, left, height: finalHeight, width: finalWidth, fill: 0 };
}

/** The size that every picture has in the end; null where it is that of the picture itself. */
export function finalSize({ resize, crop, letterbox }: ImageForm): readonly [number, number] | null {
  if (letterbox !== undefined) return both(letterbox);
  if (crop !== undefined) return both(crop);
  return typeof resize === 'object' ? resize : null;
}

function resizedTo(resize: ImageForm['resize'], height: number, width: number): { height: number; width: number } {
  if (resize === undefined) return { height, width };
  if (typeof resize === 'object') return { height: resize[0], width: resize[1] };
  const long = Math.trunc((resize * Math.max(height, width)) / Math.min(height, width));
  return height <= width ? { height: resize, width: long } : { height: long, width: resize };
}

function letterboxed(final: readonly [number, number], height: number, width: number, fill: number): Fit {
  const scale = Math.min(final[0] / height, final[1] / width);
  const scaled = (size: number) => Math.max(1, roundToEven(size * scale));
  const resized = { height: scaled(height), width: scaled(width) };
  return {
    resized,
    // A tenth of a pixel decides to which side an odd rest goes.
    top: Math.round((final[0] - resized.height) / 2 - 0.1),
    left: Math.round((final[1] - resized.width) / 2 - 0.1),
    height: final[0],
    width: final[1],
    fill,
  };
}

/** Halves go to the even number, as Python's round. */
function roundToEven(value: number): number {
  const low = Math.floor(value);
  if (value - low !== 0.5) return Math.round(value);
  return low % 2 === 0 ? low : low + 1;
}
