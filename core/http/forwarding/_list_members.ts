import { trimFieldValue } from "../field_syntax.ts";

const QUOTE = 34;
const OPEN = 40;
const CLOSE = 41;
const COMMA = 44;
const BACKSLASH = 92;

/**
 * The members of a list field (RFC 9110 §5.6.1), split at commas that stand neither in a quoted string
 * (§5.6.4) nor in a comment (§5.6.5; comments nest). Null when one of these never ends.
 */
export function membersOf(line: string): string[] | null {
  const members: string[] = [];
  let start = 0;
  let depth = 0;
  let isQuoted = false;
  for (let i = 0; i < line.length; i++) {
    const c = line.charCodeAt(i);
    if (c === BACKSLASH && (isQuoted || depth > 0)) i++;
    else if (isQuoted) isQuoted = c !== QUOTE;
    else if (c === OPEN) depth++;
    else if (c === CLOSE && depth > 0) depth--;
    else if (depth > 0) continue;
    else if (c === QUOTE) isQuoted = true;
    else if (c === COMMA) {
      push(members, line.slice(start, i));
      start = i + 1;
    }
  }
  if (isQuoted || depth > 0) return null;
  push(members, line.slice(start));
  return members;
}

/** Empty members are allowed and mean nothing (RFC 9110 §5.6.1.2). */
function push(members: string[], text: string): void {
  const member = trimFieldValue(text);
  if (member !== "") members.push(member);
}
