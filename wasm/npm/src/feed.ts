/**
 * The server's event feed: `text/event-stream` read with `fetch`, so that it works alike in
 * browsers, workers and Node, and carries the same headers as every other request.
 */

/** One message of a feed. */
export interface Message {
  id: string;
  event: string;
  data: string;
}

/** Cuts a stream of text into messages, by the rules of the HTML standard. */
export async function* messages(body: ReadableStream<Uint8Array>): AsyncGenerator<Message> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  let message: Message = { id: '', event: '', data: '' };
  let any = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line !== '') {
          any = take(line, message, any) || any;
          continue;
        }
        if (any) yield message;
        message = { id: message.id, event: '', data: '' };
        any = false;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Takes one line into a message; says whether it was data. */
function take(line: string, message: Message, more: boolean): boolean {
  const colon = line.indexOf(':');
  const field = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
  if (field === 'id') message.id = value;
  if (field === 'event') message.event = value;
  if (field === 'data') message.data += more ? `\n${value}` : value;
  return field === 'data';
}
