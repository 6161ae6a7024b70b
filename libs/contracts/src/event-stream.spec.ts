import { parseEventStream, type ServerEvent } from './event-stream.js';

async function parse(...chunks: string[]): Promise<ServerEvent[]> {
  const bytes = chunks.map((chunk) => new TextEncoder().encode(chunk));
  const events: ServerEvent[] = [];
  for await (const event of parseEventStream(ReadableStream.from(bytes) as ReadableStream<Uint8Array>))
    events.push(event);
  return events;
}

describe('parseEventStream', () => {
  it('joins an event that arrives in pieces', async () => {
    expect(await parse('id: 7\nda', 'ta: {"a":1}\n', '\n')).toEqual([{ id: '7', data: '{"a":1}' }]);
  });

  it('joins several data lines by newlines and drops comments', async () => {
    expect(await parse(': heartbeat\n\nid: 1\ndata: a\ndata: b\n\n')).toEqual([{ id: '1', data: 'a\nb' }]);
  });

  it('accepts carriage returns, also when a chunk ends between them', async () => {
    expect(await parse('id: 1\r\ndata: a\r', '\n\r\n')).toEqual([{ id: '1', data: 'a' }]);
  });

  it('leaves out an event that the connection cut short', async () => {
    expect(await parse('data: whole\n\ndata: ha')).toEqual([{ id: '', data: 'whole' }]);
  });
});
