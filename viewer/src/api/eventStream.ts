/** One server-sent event. */
export interface StreamEvent {
  id: string;
  name: string;
  data: string;
}

/**
 * Read the events of a response until it ends. `EventSource` does the same, but can't send the
 * header with the page's credentials.
 */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let pending = "";
  let event: StreamEvent = { id: "", name: "", data: "" };
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (pending + decoder.decode(value, { stream: true })).split("\n");
    pending = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        yield event;
        event = { id: "", name: "", data: "" };
      } else {
        addField(event, line);
      }
    }
  }
}

function addField(event: StreamEvent, line: string): void {
  const colon = line.indexOf(":");
  const value = line.slice(colon + 1).replace(/^ /, "");
  const field = line.slice(0, colon);
  if (field === "id") event.id = value;
  else if (field === "event") event.name = value;
  else if (field === "data") event.data += value;
}
