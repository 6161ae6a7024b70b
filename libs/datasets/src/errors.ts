/** Where a data set's problem lies, and what was wanted instead. */
export interface DatasetProblem {
  file?: string;
  array?: string;
  expected?: string;
  got?: string;
  /** What the owner of the data set can do about it. */
  wayOut?: string;
}

export type DatasetErrorCode =
  | 'dataset_manifest'
  | 'model_archive'
  | 'dataset_file'
  | 'dataset_format'
  | 'dataset_array'
  | 'dataset_shape'
  | 'dataset_value'
  | 'dataset_labels'
  | 'dataset_dtype'
  | 'dataset_limit'
  | 'dataset_preprocess'
  | 'dataset_split'
  | 'dataset_input';

/**
 * Everything that libs/datasets refuses. The message says what, where and the way out; the parts are there for
 * machines.
 */
export class DatasetError extends Error implements DatasetProblem {
  readonly file?: string;
  readonly array?: string;
  readonly expected?: string;
  readonly got?: string;
  readonly wayOut?: string;

  constructor(
    readonly code: DatasetErrorCode,
    private readonly what: string,
    private readonly where: DatasetProblem = {},
    options?: ErrorOptions,
  ) {
    super(compose(what, where), options);
    this.name = new.target.name;
    Object.assign(this, where);
  }

  /** The same problem, placed by who knows the file and array. */
  at(place: Pick<DatasetProblem, 'file' | 'array'>): DatasetError {
    return new DatasetError(this.code, this.what, { ...this.where, ...place }, { cause: this.cause });
  }
}

function compose(what: string, { file, array, expected, got, wayOut }: DatasetProblem): string {
  const place = [file, array && `array "${array}"`].filter(Boolean).join(', ');
  const contrast = [expected && `expected ${expected}`, got && `got ${got}`].filter(Boolean).join(', ');
  const problem = [place, what, contrast].filter(Boolean).join(': ');
  return wayOut ? `${problem}; ${wayOut}` : problem;
}
