/** Form of an error page. */
export type PageForm = "text" | "problem" | "html";

/** Names by which a client may ask for each form, best first. */
const MEDIA_TYPES: readonly (readonly [PageForm, readonly string[]])[] = [
  ["text", ["text/plain"]],
  ["problem", ["application/problem+json", "application/json"]],
  ["html", ["text/html"]],
];

/** A longer Accept is cut: it is hostile, and the answer is an error page. */
const MAX_ACCEPT = 1024;

interface MediaRange {
  readonly type: string;
  readonly quality: number;
  readonly position: number;
}

interface Preference {
  readonly quality: number;
  readonly specificity: number;
  readonly position: number;
}

/**
 * The form that `Accept` prefers (RFC 9110 §12.5.1). On equal quality the more
 * precisely named form wins, then the one named first, then text. Text too
 * when there is no Accept or nothing in it can be met: an error in an unwanted
 * form is better than none.
 */
export function pageForm(accept: string | null | undefined): PageForm {
  if (!accept || accept === "*/*") return "text";
  const ranges = parseAccept(accept.slice(0, MAX_ACCEPT));
  let form: PageForm = "text";
  let best: Preference = { quality: 0, specificity: 0, position: 0 };
  for (const [candidate, names] of MEDIA_TYPES) {
    const found = preference(names, ranges);
    if (found !== null && isPreferred(found, best)) {
      form = candidate;
      best = found;
    }
  }
  return form;
}

/** The most specific range decides about a form, whatever its quality. */
function preference(
  names: readonly string[],
  ranges: readonly MediaRange[],
): Preference | null {
  for (const name of names) {
    const range = ranges.find((range) => range.type === name);
    if (range !== undefined) return { ...range, specificity: 2 };
  }
  const family = `${names[0].split("/")[0]}/*`;
  const wide = ranges.find((range) => range.type === family);
  if (wide !== undefined) return { ...wide, specificity: 1 };
  const any = ranges.find((range) => range.type === "*/*");
  return any === undefined ? null : { ...any, specificity: 0 };
}

function isPreferred(a: Preference, b: Preference): boolean {
  if (a.quality !== b.quality) return a.quality > b.quality;
  if (a.quality === 0) return false;
  if (a.specificity !== b.specificity) return a.specificity > b.specificity;
  return a.position < b.position;
}

function parseAccept(accept: string): MediaRange[] {
  const ranges: MediaRange[] = [];
  for (const [position, element] of accept.split(",").entries()) {
    const [type, ...parameters] = element.split(";");
    const quality = parseQuality(parameters);
    if (quality === null) continue;
    ranges.push({ type: type.trim().toLowerCase(), quality, position });
  }
  return ranges;
}

// RFC 9110 §12.4.2: 0 to 1, at most three decimals.
const QUALITY = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

/** Quality of one element, `null` where it is malformed. */
function parseQuality(parameters: readonly string[]): number | null {
  for (const parameter of parameters) {
    const text = parameter.trim();
    if (!text.startsWith("q=") && !text.startsWith("Q=")) continue;
    const quality = text.slice(2);
    return QUALITY.test(quality) ? Number(quality) : null;
  }
  return 1;
}
