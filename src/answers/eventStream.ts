import { createParser } from 'eventsource-parser';

/** The data of each server-sent event of a body, in order; throws when an event is longer than `longest` characters. */
export async function* eventData(body: AsyncIterable<Uint8Array>, longest: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const ready: string[] = [];
  const parser = createParser({ maxBufferSize: longest, onEvent: ({ data }) => ready.push(data) });
  for await (const chunk of body) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    yield* ready.splice(0);
  }
}
