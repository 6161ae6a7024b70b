import { DEFAULT_ALPHA, type DistillOptions } from '#contracts';

/** What the options say of labels, where none are read; `data` is null without a data set. */
export function unreadLabels(
  { method, alpha, labelSmoothing }: Pick<DistillOptions, 'method' | 'alpha' | 'labelSmoothing'>,
  data: { classes: number | null } | null,
): string[] {
  if (!data) return [];
  if (method === 'hybrid')
    return data.classes === null
      ? []
      : ['method hybrid learns from the answers of the teacher alone: the labels of the data set are not read'];
  const weighed = alpha !== DEFAULT_ALPHA && alpha < 1 ? [`alpha ${alpha}`] : [];
  const smoothed = labelSmoothing > 0 ? [`labelSmoothing ${labelSmoothing}`] : [];
  const asked = [...weighed, ...smoothed];
  return data.classes === null && asked.length > 0
    ? [`the data set has no labels with classes: ${asked.join(' and ')} is not heeded`]
    : [];
}
