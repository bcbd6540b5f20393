/** The data of each server-sent event of a body (HTML Standard, 9.2.6); all that is not data is passed over. */
export async function* eventData(body: AsyncIterable<Uint8Array>, longest: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  let data: string[] = [];
  for await (const chunk of body) {
    // A CR at the end may be half of a CRLF: it waits for what comes next.
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '' && data.length > 0) {
        yield data.join('\n');
        data = [];
      }
      const [, value] = /^data:? ?(.*)$/s.exec(line) ?? [];
      if (value !== undefined) data.push(value);
    }
    if (rest.length + data.reduce((sum, line) => sum + line.length, 0) > longest) {
      throw new Error(`an event is longer than ${longest} characters`);
    }
  }
}
