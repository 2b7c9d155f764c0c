import { BOTH_TAKE, get, post, refused, type RequestCase, taken } from "./_request_case.ts";

const GET = "GET / a";

/** RFC 9112 §9 and RFC 9110 §7.6, §7.8, §10.1: what belongs to the connection. */
export const connectionCases: readonly RequestCase[] = [
  taken("9112 §9.3", "HTTP/1.1 goes on", GET, get()),
  taken("9112 §9.3", "HTTP/1.0 closes", GET, get("", "GET / HTTP/1.0"), { isLast: true }),
  taken(
    "9112 §9.3",
    "HTTP/1.0 with keep-alive closes at a proxy",
    GET,
    get("Connection: Keep-Alive\r\n", "GET / HTTP/1.0"),
    { isLast: true, others: "nginx and HAProxy keep it open" },
  ),
  ...["close", "CLOSE", "keep-alive, close", "x ,\tclose , y", ",close"].map((option) =>
    taken("9112 §9.6", `Connection: ${option}`, GET, get(`Connection: ${option}\r\n`), {
      isLast: true,
    })
  ),
  taken("9112 §9.6", "close on a second line", GET, get("Connection: x\r\nConnection: close\r\n"), {
    isLast: true,
  }),
  taken(
    "9112 §9.6",
    "close and keep-alive in HTTP/1.0",
    GET,
    get("Connection: keep-alive, close\r\n", "GET / HTTP/1.0"),
    { isLast: true },
  ),
  taken("9112 §9.6", "close as a part of a word", GET, get("Connection: closed\r\n")),
  taken("9112 §9.6", "the field Close means nothing", GET, get("Close: close\r\n")),
  taken("9110 §7.6.1", "an empty Connection", GET, get("Connection:\r\n")),
  taken(
    "9112 §9.3.2",
    "three requests in a row",
    ["GET /1 a", "POST /2 a abc", "GET /3 a"],
    [
      get("", "GET /1 HTTP/1.1"),
      get("Content-Length: 3\r\n", "POST /2 HTTP/1.1"),
      "abc",
      get("", "GET /3 HTTP/1.1"),
    ].join(""),
  ),
  taken("9112 §9.3.2", "a bad request behind a good one", GET, get() + get("X : x\r\n"), {
    status: 400,
  }),
  taken(
    "9112 §2.2",
    "an empty line behind content",
    "POST / a abc",
    `${post("Content-Length: 3\r\n", "abc")}\r\n`,
  ),

  taken(
    "9110 §10.1.1",
    "Expect: 100-continue",
    "POST / a abc",
    post("Expect: 100-continue\r\nContent-Length: 3\r\n", "abc"),
  ),
  taken(
    "9110 §10.1.1",
    "Expect in any case",
    "POST / a abc",
    post("Expect: 100-CONTINUE\r\nContent-Length: 3\r\n", "abc"),
  ),
  taken("9110 §10.1.1", "Expect without content", GET, get("Expect: 100-continue\r\n")),
  refused(
    "9110 §10.1.1",
    "another expectation",
    417,
    post("Expect: 200-ok\r\nContent-Length: 3\r\n", "abc"),
    BOTH_TAKE,
  ),
  refused(
    "9110 §10.1.1",
    "one more expectation",
    417,
    post("Expect: 100-continue, x\r\nContent-Length: 3\r\n", "abc"),
    BOTH_TAKE,
  ),
  refused(
    "9110 §10.1.1",
    "an expectation twice",
    417,
    get("Expect: 100-continue\r\nExpect: 100-continue\r\n"),
  ),
  taken(
    "9110 §10.1.1",
    "Expect in HTTP/1.0 means nothing",
    "POST / a abc",
    `${get("Expect: x\r\nContent-Length: 3\r\n", "POST / HTTP/1.0")}abc`,
    { isLast: true },
  ),
  taken(
    "9110 §7.8",
    "an upgrade that nobody makes",
    GET,
    get("Connection: upgrade\r\nUpgrade: websocket\r\n"),
  ),
  taken(
    "9110 §7.8",
    "an upgrade to HTTP/2 that nobody makes",
    GET,
    get(
      "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
    ),
  ),
];
