/** A field of a message, or a list of them. */
type Node = Record<string, unknown>;

/** An entry of a tensor's external data. */
interface Entry {
  key: string;
  value: string;
}

/**
 * A model as one file, with the data that lie in files chosen beside it. Throws Error that names the file that is missing, or is shorter than the
 * model says.
 */
export async function wholeModel(model: File, files: readonly File[]): Promise<Blob> {
  // Few models need it: the page does not carry the reader of ONNX otherwise.
  const [{ fromBinary, toBinary }, { ModelProtoSchema, TensorProto_DataLocation: Location }] = await Promise.all([
    import('@bufbuild/protobuf'),
    import('onnx-buf'),
  ]);
  const proto = fromBinary(ModelProtoSchema, new Uint8Array(await model.arrayBuffer()));
  for (const tensor of tensorsIn(proto)) {
    if (tensor['dataLocation'] !== Location.EXTERNAL) continue;
    tensor['rawData'] = await dataOf(tensor, files);
    tensor['dataLocation'] = Location.DEFAULT;
    tensor['externalData'] = [];
  }
  return new Blob([toBinary(ModelProtoSchema, proto) as Uint8Array<ArrayBuffer>]);
}

/** Every tensor of a message, in graphs, bodies and functions. */
function* tensorsIn(value: unknown): Generator<Node> {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  if (Array.isArray(value)) {
    for (const each of value) yield* tensorsIn(each);
    return;
  }
  const node = value as Node;
  if (node['$typeName'] === 'onnx.TensorProto') yield node;
  else for (const field of Object.values(node)) yield* tensorsIn(field);
}

async function dataOf(tensor: Node, files: readonly File[]): Promise<Uint8Array> {
  const entries = new Map((tensor['externalData'] as Entry[]).map(({ key, value }) => [key, value]));
  const name = (entries.get('location') ?? '').split(/[\\/]/).at(-1) ?? '';
  const file = files.find((each) => each.name === name);
  if (!file) throw new Error(`${name} was not chosen: choose it together with the model, whose weights it holds.`);
  const offset = Number(entries.get('offset') ?? 0);
  const length = entries.has('length') ? Number(entries.get('length')) : file.size - offset;
  if (!(offset + length <= file.size))
    throw new Error(`${name} has ${file.size} bytes, the model wants ${offset + length}: it is of another export.`);
  return new Uint8Array(await file.slice(offset, offset + length).arrayBuffer());
}
