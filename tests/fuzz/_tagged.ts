/** How a message ends. */
export type TaggedFraming = "length" | "chunked" | "none";

/** One request of a case, and the answer that its upstream gives. */
export interface TaggedPlan {
  /** Nobody else has it: each byte of content belongs to one. */
  readonly tag: string;
  readonly method: "GET" | "POST" | "HEAD";
  readonly version: "1.0" | "1.1";
  readonly framing: TaggedFraming;
  readonly length: number;
  /** Makes the head longer. */
  readonly filling: number;
  readonly expectsContinue: boolean;
  readonly answer: {
    readonly status: number;
    readonly framing: TaggedFraming;
    readonly length: number;
    readonly filling: number;
    /** Comes before the content of the request has been read. */
    readonly isEarly: boolean;
    readonly hasInterim: boolean;
    /** The upstream closes behind so much of the answer; Infinity where it does not. */
    readonly breaksAt: number;
    /** Behind it the upstream says what nobody has asked for. */
    readonly isChatty: boolean;
  };
}

/** Content that tells whose it is at every byte. */
export function tagged(tag: string, length: number): string {
  return `[${tag}]`.repeat(Math.ceil(length / (tag.length + 2))).slice(0, length);
}

function framed(framing: TaggedFraming, content: string): [field: string, content: string] {
  if (framing === "length") return [`Content-Length: ${content.length}\r\n`, content];
  if (framing === "none") return ["", content];
  let chunks = "";
  for (let at = 0, size = 7; at < content.length; at += size, size = size * 3 % 20_011) {
    const chunk = content.slice(at, at + size);
    chunks += `${chunk.length.toString(16)}\r\n${chunk}\r\n`;
  }
  return ["Transfer-Encoding: chunked\r\n", `${chunks}0\r\n\r\n`];
}

/** The bytes of a request. */
export function requestText(plan: TaggedPlan): string {
  const content = plan.framing === "none" ? "" : tagged(plan.tag, plan.length);
  const [field, body] = framed(plan.framing, content);
  const expect = plan.expectsContinue ? "Expect: 100-continue\r\n" : "";
  const filling = plan.filling > 0 ? `X-Fill: ${tagged(plan.tag, plan.filling)}\r\n` : "";
  return `${plan.method} /${plan.tag} HTTP/${plan.version}\r\nHost: a\r\n${filling}${expect}${field}\r\n${body}`;
}

/** The bytes of its answer. */
export function answerText({ tag, method, answer }: TaggedPlan): string {
  const [field, body] = framed(answer.framing, tagged(tag, answer.length));
  const interim = answer.hasInterim ? `HTTP/1.1 103 Early Hints\r\nX-Tag: ${tag}\r\n\r\n` : "";
  const filling = answer.filling > 0 ? `X-Fill: ${tagged(tag, answer.filling)}\r\n` : "";
  const head = `HTTP/1.1 ${answer.status} X\r\nX-Tag: ${tag}\r\n${filling}${field}\r\n`;
  const more = answer.isChatty
    ? "HTTP/1.1 200 X\r\nX-Tag: nobody\r\nContent-Length: 1\r\n\r\n!"
    : "";
  return interim + head + (method === "HEAD" ? "" : body) + (answer.framing === "none" ? "" : more);
}

/** How long the answer is, without what nobody has asked for. */
export function answerLength(plan: TaggedPlan): number {
  return answerText({ ...plan, answer: { ...plan.answer, isChatty: false } }).length;
}

/** A message as a recorder reads it. */
export interface SeenMessage {
  readonly start: string;
  readonly fields: ReadonlyMap<string, string>;
  readonly content: string;
  readonly isWhole: boolean;
  /** Where the next one begins. */
  readonly end: number;
}

/**
 * Reads one message of well-formed text; null while its head is not whole.
 *
 * @param hasContent whether it may have content, of what length ever
 * @param untilEnd whether content without any framing goes on to the end
 */
export function readMessage(
  text: string,
  from: number,
  hasContent: (start: string) => boolean,
  untilEnd: boolean,
): SeenMessage | null {
  const headEnd = text.indexOf("\r\n\r\n", from);
  if (headEnd < 0) return null;
  const [start, ...lines] = text.slice(from, headEnd).split("\r\n");
  const fields = new Map(lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  }));
  const at = headEnd + 4;
  const message = { start, fields };
  if (!hasContent(start)) return { ...message, content: "", isWhole: true, end: at };
  const length = fields.get("content-length");
  if (length !== undefined) {
    const content = text.slice(at, at + Number(length));
    return {
      ...message,
      content,
      isWhole: content.length === Number(length),
      end: at + content.length,
    };
  }
  if (fields.get("transfer-encoding") === "chunked") return { ...message, ...readChunks(text, at) };
  const content = untilEnd ? text.slice(at) : "";
  return { ...message, content, isWhole: !untilEnd, end: at + content.length };
}

function readChunks(text: string, from: number): Omit<SeenMessage, "start" | "fields"> {
  let content = "";
  for (let at = from;;) {
    const lineEnd = text.indexOf("\r\n", at);
    if (lineEnd < 0) return { content, isWhole: false, end: text.length };
    const size = parseInt(text.slice(at, lineEnd), 16);
    if (!/^[0-9a-f]+$/i.test(text.slice(at, lineEnd))) {
      throw new Error(`No chunk size: ${JSON.stringify(text.slice(at, lineEnd).slice(0, 80))}`);
    }
    const data = lineEnd + 2;
    if (size === 0) {
      const isWhole = text.startsWith("\r\n", data);
      return { content, isWhole, end: isWhole ? data + 2 : text.length };
    }
    content += text.slice(data, data + size);
    if (text.length < data + size + 2) return { content, isWhole: false, end: text.length };
    at = data + size + 2;
  }
}
