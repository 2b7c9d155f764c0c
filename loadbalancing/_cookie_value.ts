/** The value of a cookie in the lines of a request, as it stands there, without quotes. */
export function cookieValue(lines: readonly string[], name: string): string | null {
  for (const line of lines) {
    for (let start = 0; start < line.length;) {
      const semicolon = line.indexOf(";", start);
      const end = semicolon === -1 ? line.length : semicolon;
      const equals = line.indexOf("=", start);
      if (equals !== -1 && equals < end && line.slice(start, equals).trim() === name) {
        return unquoted(line.slice(equals + 1, end).trim());
      }
      start = end + 1;
    }
  }
  return null;
}

function unquoted(value: string): string {
  const isQuoted = value.length >= 2 && value.startsWith('"') && value.endsWith('"');
  return isQuoted ? value.slice(1, -1) : value;
}
