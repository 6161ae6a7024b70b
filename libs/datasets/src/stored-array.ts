import type { AudioForm, ImageForm, TokenForm } from '#contracts';
import { DTYPES, type DtypeName } from './dtype.js';
import type { Rows } from './rows.js';

/** What an array is, without its values. */
export interface ArrayLayout {
  dtype: DtypeName;
  dims: number[];
}

/** An array in a file: its layout is known, its values are read when its rows are opened. */
export interface StoredArray extends ArrayLayout {
  name: string;
  /** What to look at, where it is made of files. */
  warnings?: readonly string[];
  openRows(): Promise<Rows>;
}

/** One word for each sample: labels by name. */
export interface StoredWords {
  name: string;
  count: number;
  read(): Promise<readonly string[]>;
}

/** What a file says besides its arrays. */
interface FileFacts {
  /** Words by name. */
  words?: Iterable<[string, StoredWords]>;
  /** What was left out, a sentence each. */
  warnings?: readonly string[];
  /** Closes what the reader holds open. */
  close?: () => void;
}

/**
 * Arrays of one file by name; a reader of a format returns this. Of arrays that nobody asked for it holds the names
 * alone. What was made for an input has the key of its {@link Made}.
 */
export class ArrayFile extends Map<string, StoredArray> {
  readonly words: ReadonlyMap<string, StoredWords>;
  readonly warnings: readonly string[];
  readonly close: () => void;

  constructor(
    readonly names: readonly string[],
    arrays: Iterable<[string, StoredArray]> = [],
    { words = [], warnings = [], close = () => undefined }: FileFacts = {},
  ) {
    super(arrays);
    this.words = new Map(words);
    this.warnings = warnings;
    this.close = close;
  }
}

/** An array that is not in a file as it stands, and has to be made of what is. */
export type Made = { key: string } & (
  | { source: 'columns'; columns: readonly string[] }
  | { source: 'tokens'; form: TokenForm }
  | { source: 'image'; form: ImageForm }
  | { source: 'audio'; form: AudioForm }
  | { source: 'boxes'; form: BoxesForm }
);

/** Boxes of the pictures: how they are written, how many there may be, and the picture that they are moved with. */
export interface BoxesForm {
  form: 'yolo' | 'coco';
  most: number;
  image: ImageForm;
  classes: { count: number; names: readonly string[] | null };
}

/** Where the file or folder of the boxes is: a path beside the manifest, or one within the folder or archive. */
export type LabelsPlace = { beside: string } | { within: string };

/** What is asked of a file. */
export interface Wanted {
  /** Names of the arrays; without them, all. */
  names?: ReadonlySet<string>;
  /** Arrays whose elements no model takes, such as objects, are left out: for those who only look around. */
  readableOnly?: boolean;
  made?: readonly Made[];
  /** The folder within a folder or archive. */
  folder?: string;
  labels?: LabelsPlace;
}

/** Bytes of one row: everything but the first axis. */
export function rowBytes({ dtype, dims }: ArrayLayout): number {
  return dims.slice(1).reduce((product, dim) => product * dim, DTYPES[dtype].bytes);
}

/** Bytes of a whole array. */
export function arrayBytes({ dtype, dims }: ArrayLayout): number {
  return dims.reduce((product, dim) => product * dim, DTYPES[dtype].bytes);
}
