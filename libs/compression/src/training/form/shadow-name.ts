import { ownName, withoutMark } from '#onnx';

const SHADOW = '/shadow';
/** The float weight that stands for a stored tensor in the training graph. */
export const shadowName = (tensor: string) => ownName(tensor + SHADOW);

/** The stored tensor that a trainable stands for: floats stand for themselves. */
export function storedName(trainable: string): string {
  const name = withoutMark(trainable);
  return name === trainable || !name.endsWith(SHADOW) ? trainable : name.slice(0, -SHADOW.length);
}
