const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/**
 * A time as nginx's `$time_local` and Apache's `%t` write it: `10/Oct/2000:13:55:36 -0700`.
 *
 * @param offsetMinutes how far local time is ahead of UTC
 */
export function localTime(epochMs: number, offsetMinutes: number): string {
  const date = new Date(epochMs + offsetMinutes * 60_000);
  const day = `${two(date.getUTCDate())}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}`;
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${
    two(date.getUTCSeconds())
  }`;
  const ahead = Math.abs(offsetMinutes);
  const zone = `${offsetMinutes < 0 ? "-" : "+"}${two(Math.trunc(ahead / 60))}${two(ahead % 60)}`;
  return `${day}:${time} ${zone}`;
}

/** The same in the machine's zone, made once a second. */
export class LocalTimeCache {
  #second = NaN;
  #text = "";

  at(epochMs: number): string {
    const second = Math.floor(epochMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = localTime(epochMs, -new Date(epochMs).getTimezoneOffset());
    }
    return this.#text;
  }
}

/** ISO 8601 with milliseconds, all but these made once a second. */
export class IsoTimeCache {
  #second = NaN;
  #prefix = "";

  at(epochMs: number): string {
    const second = Math.floor(epochMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#prefix = new Date(second * 1000).toISOString().slice(0, -4);
    }
    const ms = Math.floor(epochMs) - second * 1000;
    return `${this.#prefix}${ms < 100 ? (ms < 10 ? "00" : "0") : ""}${ms}Z`;
  }
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
