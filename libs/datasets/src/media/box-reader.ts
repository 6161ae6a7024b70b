/** A box on a picture, in its pixels before it is resized. */
export interface AnnotatedBox {
  class: number;
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Boxes of one picture, whose size is known by then. */
export interface BoxReader {
  /** Pictures that the labels speak of and that are none of these. */
  missing?(pictures: readonly string[]): string[];
  read(picture: string, size: { height: number; width: number }): Promise<AnnotatedBox[]>;
  close(): void;
}
