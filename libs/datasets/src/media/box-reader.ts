/** A box on a picture, in its pixels before it is resized. */
export interface Box {
  class: number;
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Boxes of one picture, whose size is known by then. */
export interface BoxReader {
  read(picture: string, size: { height: number; width: number }): Promise<Box[]>;
  close(): void;
}
