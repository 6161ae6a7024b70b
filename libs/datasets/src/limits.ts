const KIB = 1024;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** An npy header is a Python literal of three keys; 64 KiB leaves room for any number of axes. */
export const MAX_NPY_HEADER_BYTES = 64 * KIB;

/** A safetensors header names each tensor; the format's own readers stop at 100 MB, data sets need far less. */
export const MAX_SAFETENSORS_HEADER_BYTES = 16 * MIB;

/** Arrays of one file; a data set has one per input and one of labels, the rest is never read. */
export const MAX_ARRAYS_PER_FILE = 4096;

/** Axes of an array, as in NumPy. */
export const MAX_AXES = 32;

/** Elements of one sample after preprocessing, as a pad could make any number of them: a GiB of floats. */
export const MAX_SAMPLE_ELEMENTS = GIB / 4;

/** Bytes of one array when unpacked: what a compressed array may occupy as a temporary file. */
export const MAX_ARRAY_BYTES = 16 * GIB;

/**
 * Compressed arrays up to this many unpacked bytes are kept in memory; larger ones are unpacked to a temporary file.
 */
export const MAX_ARRAY_BYTES_IN_MEMORY = 256 * MIB;

/** Unpacked over packed bytes of an array that goes to disk: above it the archive is a bomb, not data. */
export const MAX_INFLATION = 250;

/** Columns of a table. */
export const MAX_TABLE_COLUMNS = 100_000;

/** A row of a table as text. */
export const MAX_TABLE_ROW_BYTES = 4 * MIB;

/** A row group of a Parquet file, which is unpacked as a whole: several times its size in memory. */
export const MAX_PARQUET_GROUP_BYTES = 128 * MIB;

/** Files in a folder or archive of pictures or recordings. */
export const MAX_FOLDER_FILES = 200_000;

/** One picture or recording as it lies in its file. */
export const MAX_MEDIA_BYTES = 128 * MIB;

/** Pixels of a picture when decoded: 300 MB of colours. */
export const MAX_PIXELS = 100_000_000;

/** A COCO annotation file, which is read as a whole; that of the 5,000 pictures of COCO's val2017 has 20 MB. */
export const MAX_COCO_BYTES = 256 * MIB;
