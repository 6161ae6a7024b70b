/** One server-sent event, as the HTML standard names its fields. */
export interface ServerEvent {
  id: string;
  data: string;
}

/**
 * Splits a server-sent event stream into events. EventSource would do it too, but cannot send the Authorization header.
 * `onBytes` hears of all that comes, comments included.
 */
export async function* parseEventStream(
  body: ReadableStream<Uint8Array>,
  onBytes?: () => void,
): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let buffer = '';
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      onBytes?.();
      buffer = (buffer + decoder.decode(value, { stream: true })).replaceAll('\r\n', '\n');
      for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
        const event = parseEvent(buffer.slice(0, end));
        buffer = buffer.slice(end + 2);
        if (event.data !== '') yield event;
      }
    }
  } finally {
    reader.releaseLock();
  }
}

function parseEvent(block: string): ServerEvent {
  const event = { id: '', data: '' };
  for (const line of block.split('\n')) {
    const [field, value] = splitField(line);
    if (field === 'id') event.id = value;
    if (field === 'data') event.data += event.data === '' ? value : `\n${value}`;
  }
  return event;
}

function splitField(line: string): [string, string] {
  const colon = line.indexOf(':');
  if (colon <= 0) return ['', ''];
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
}
