import type { PageForm } from "./_accept.ts";

/** What a page tells. */
export interface PageContent {
  readonly status: number;
  readonly phrase: string;
  readonly title: string;
  readonly requestId: string | undefined;
  readonly detail: string | undefined;
}

/** Content-Type of each form. */
export const CONTENT_TYPES: Readonly<Record<PageForm, string>> = {
  text: "text/plain; charset=utf-8",
  problem: "application/problem+json",
  html: "text/html; charset=utf-8",
};

/** Writer of each form. */
export const RENDERERS: Readonly<
  Record<PageForm, (content: PageContent) => string>
> = { text: renderText, problem: renderProblem, html: renderHtml };

function renderText(content: PageContent): string {
  const { status, phrase, title, requestId, detail } = content;
  let text = `${status} ${phrase}\n${title}\n`;
  if (requestId !== undefined) text += `Request id: ${printable(requestId)}\n`;
  if (detail !== undefined) text += `${detail}\n`;
  return text;
}

/** RFC 9457 §4.2.1: with `about:blank` the title is the status phrase. */
function renderProblem(content: PageContent): string {
  const { status, phrase, title, requestId, detail } = content;
  return JSON.stringify({
    type: "about:blank",
    title: phrase,
    status,
    detail: title,
    instance: requestId === undefined ? undefined : requestUrn(requestId),
    debug: detail,
  });
}

function renderHtml(content: PageContent): string {
  const { status, phrase, title, requestId, detail } = content;
  const heading = `${status} ${phrase}`;
  let html = `<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n` +
    `<title>${heading}</title>\n<h1>${heading}</h1>\n<p>${title}</p>\n`;
  if (requestId !== undefined) {
    html += `<p>Request id: <code>${escapeHtml(requestId)}</code></p>\n`;
  }
  if (detail !== undefined) html += `<pre>${escapeHtml(detail)}</pre>\n`;
  return html;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function requestUrn(id: string): string {
  if (UUID.test(id)) return `urn:uuid:${id}`;
  // toWellFormed: encodeURIComponent throws on half a surrogate pair.
  return `urn:x-request-id:${encodeURIComponent(id.toWellFormed())}`;
}

/** An id may come from the client: no line of its own making on the page. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, "?");
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Titles and phrases are constants of this package; all else passes here. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => ESCAPES[c]);
}
