import { subgraphs, type GraphProto } from '#onnx';

/** Keys under which PyTorch's exporter notes where a node comes from: stack traces, scopes, classes. */
const isNote = (key: string) => key.startsWith('pkg.torch.') || key === 'namespace';

/**
 * Takes out what an exporter noted at nodes for those who debug it, which no runtime reads and which is as large as the
 * weights of a small int8 net. Returns how many bytes of text went; what else nodes carry stays.
 */
export function dropExporterNotes(graph: GraphProto): number {
  let bytes = 0;
  for (const node of graph.node) {
    for (const { key, value } of node.metadataProps)
      if (isNote(key)) bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
    node.metadataProps = node.metadataProps.filter(({ key }) => !isNote(key));
    for (const body of subgraphs(node)) bytes += dropExporterNotes(body);
  }
  return bytes;
}
