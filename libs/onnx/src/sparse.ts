import { LAYOUTS, dataTypeName } from './data-type.js';
import { InvalidTensorError } from './errors.js';
import { DataType, type SparseTensorProto, type TensorProto } from './proto.js';
import { elementCount, makeTensor, tensorData, tensorToNumbers } from './tensor.js';

/**
 * A sparse tensor as the dense one that it stands for, as the runtime stores it. Throws InvalidTensorError for indices
 * outside of its shape.
 */
export function denseTensor(sparse: SparseTensorProto, name: string): TensorProto {
  const dims = sparse.dims.map(Number);
  const { dataType, data } = storedValues(sparse, name);
  const layout = LAYOUTS[dataType];
  if (!layout)
    throw new InvalidTensorError(name, `sparse elements of type ${dataTypeName(dataType)} have no dense layout`);
  const dense = new layout.array(elementCount(dims));
  sparsePositions(sparse, name).forEach((position, i) => {
    const element = data[i];
    if (element !== undefined) dense[position] = element;
  });
  return makeTensor(name, dataType, dims, dense);
}

/**
 * Where the stored elements of a sparse tensor lie, as positions in its dense form. Throws InvalidTensorError for
 * indices outside of its shape.
 */
export function sparsePositions({ values, indices, dims }: SparseTensorProto, name: string): number[] {
  const count = Number(values?.dims[0] ?? 0n);
  const rank = indices?.dims.length === 2 ? dims.length : 1;
  if (
    !indices ||
    values?.dims.length !== 1 ||
    indices.dims[0] !== values.dims[0] ||
    (indices.dims.length !== 1 && (indices.dims.length !== 2 || Number(indices.dims[1]) !== rank))
  ) {
    throw new InvalidTensorError(
      name,
      `its ${count} sparse values want indices of shape [${count}] or [${count}, ${dims.length}], got ` +
        `[${indices?.dims}]`,
    );
  }
  if (indices.dataType !== DataType.INT64)
    throw new InvalidTensorError(name, `its sparse indices are ${dataTypeName(indices.dataType)}, not INT64`);
  const numbers = tensorToNumbers(indices);
  const shape = rank === 1 ? [elementCount(dims)] : dims.map(Number);
  const placeOf = (i: number) => numbers.slice(i * rank, (i + 1) * rank);
  return Array.from({ length: count }, (_, i) => positionOf(placeOf(i), shape, name));
}

function positionOf(index: readonly number[], shape: readonly number[], name: string): number {
  return index.reduce((position, at, axis) => {
    const length = shape[axis] ?? 0;
    if (!(at >= 0 && at < length))
      throw new InvalidTensorError(name, `its sparse index [${index}] lies outside of shape [${shape}]`);
    return position * length + at;
  }, 0);
}

function storedValues({ values }: SparseTensorProto, name: string) {
  if (!values) throw new InvalidTensorError(name, 'it is a sparse tensor without values');
  return { dataType: values.dataType as DataType, data: tensorData(values) };
}
