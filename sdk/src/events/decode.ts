import type { StreamedEvent } from "./types.ts";

/** An event, and its id if it has one. */
export interface ReceivedEvent {
  event: StreamedEvent;
  id: string | null;
}

/** Decodes the text of a stream, in any pieces. Only line feeds end a line: other separators may be in a text. */
export class EventDecoder {
  #rest = "";
  #data: string[] = [];
  #id: string | null = null;

  /** Take more text, and return the events that it completes. */
  feed(text: string): ReceivedEvent[] {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    return lines.map((line) => this.#take(line.replace(/\r$/, ""))).filter((event) => event !== null);
  }

  #take(line: string): ReceivedEvent | null {
    if (line.startsWith("data:")) this.#data.push(line.slice(5).replace(/^ /, ""));
    if (line.startsWith("id:")) this.#id = line.slice(3).replace(/^ /, "");
    if (line !== "") return null;
    const [data, id] = [this.#data.join("\n"), this.#id];
    this.#data = [];
    this.#id = null;
    return data === "" ? null : { event: JSON.parse(data) as StreamedEvent, id };
  }
}
