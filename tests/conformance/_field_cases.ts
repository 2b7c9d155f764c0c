import {
  BOTH_REFUSE,
  BOTH_TAKE,
  get,
  HAPROXY_TAKES,
  NGINX_TAKES,
  refused,
  type RequestCase,
  taken,
} from "./_request_case.ts";

const GET = "GET / a";

function fields(count: number): string {
  return Array.from({ length: count }, (_, i) => `X-${i}: 1\r\n`).join("");
}

/** RFC 9112 §5 and RFC 9110 §5: field lines. */
export const fieldCases: readonly RequestCase[] = [
  refused("9112 §5", "no colon", 400, get("X\r\n")),
  refused("9112 §5", "no name", 400, get(": x\r\n")),
  refused("9112 §5", "a name that is no token", 400, get("X(Y): x\r\n")),
  refused("9112 §5", "a blank in the name", 400, get("X Y: x\r\n")),
  refused("9112 §5", "a high byte in the name", 400, get("X\xe4: x\r\n")),
  refused("9112 §5", "NUL in the name", 400, get("X\0: x\r\n")),
  refused("9112 §5", "a request line as a field", 400, get("GET /b HTTP/1.1\r\nHost: b\r\n")),
  refused("9112 §5.1", "a blank before the colon", 400, get("X : x\r\n")),
  refused("9112 §5.1", "a tab before the colon", 400, get("X\t: x\r\n")),
  refused(
    "9112 §5.1",
    "a blank before the colon of Host",
    400,
    "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
  ),
  refused("9112 §5.2", "a folded line", 400, get("X: x\r\n y\r\n"), HAPROXY_TAKES),
  refused("9112 §5.2", "a line folded with a tab", 400, get("X: x\r\n\ty\r\n"), HAPROXY_TAKES),
  refused("9112 §5.2", "a fold with nothing in it", 400, get("X: x\r\n \r\n")),
  refused(
    "9112 §5.2",
    "a fold that looks like a field",
    400,
    get("X: x\r\n Content-Length: 5\r\n"),
    HAPROXY_TAKES,
  ),
  refused("9110 §5.5", "NUL in a value", 400, get("X: a\0b\r\n")),
  refused("9110 §5.5", "CR in a value", 400, get("X: a\rb\r\n")),
  refused("9110 §5.5", "LF in a value", 400, get("X: a\nb: c\r\n")),
  refused("9110 §5.5", "a control byte in a value", 400, get("X: a\x01b\r\n"), BOTH_TAKE),
  refused("9110 §5.5", "a vertical tab in a value", 400, get("X: a\x0bb\r\n"), BOTH_TAKE),
  refused("9110 §5.5", "DEL in a value", 400, get("X: a\x7fb\r\n"), BOTH_TAKE),
  taken("9110 §5.5", "obs-text in a value", GET, get("X: \x80\xff\r\n")),
  taken("9110 §5.5", "an empty value", GET, get("X:\r\nY: \t \r\n")),
  taken("9110 §5.5", "tabs and blanks in a value", GET, get("X:\ta \t b\t\r\n")),
  taken("9110 §5.6.2", "a name of any token", GET, get("!#$%&'*+-.^_`|~9: x\r\n")),
  taken("6585 §5", "128 fields", GET, get(fields(127)), NGINX_TAKES),
  refused("6585 §5", "129 fields", 431, get(fields(128)), NGINX_TAKES),
  taken("6585 §5", "a head of 65,000 bytes", GET, get(`X: ${"x".repeat(64_960)}\r\n`), BOTH_REFUSE),
  refused("6585 §5", "a head of 66,000 bytes", 431, get(`X: ${"x".repeat(66_000)}\r\n`)),
  refused("6585 §5", "a name of 66,000 bytes", 431, get(`${"x".repeat(66_000)}: x\r\n`)),
];
