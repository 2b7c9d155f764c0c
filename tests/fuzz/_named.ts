import { type Handler, readText, reply } from "../../core/mod.ts";

/** A request without anything special. */
export const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/** Tells what it was asked. */
export const tell: Handler = async ({ request, body }) =>
  reply(200, `<${request.target} ${body === null ? "" : await readText(body)}>`);

/** What the handler told, in order. */
export function answers(text: string): string[] {
  return text.match(/<[^<>]*>/g) ?? [];
}

/** The status of each response, interim ones too. */
export function statuses(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}
