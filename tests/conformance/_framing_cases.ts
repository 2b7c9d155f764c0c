import {
  BOTH_REFUSE,
  BOTH_TAKE,
  get,
  HAPROXY_TAKES,
  post,
  refused,
  type RequestCase,
  taken,
} from "./_request_case.ts";

const ABC = "POST / a abc";
const CHUNKS = "3\r\nabc\r\n0\r\n\r\n";

/** A request within another: it must never come to life. */
const HIDDEN = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";

function coding(value: string, content = CHUNKS): string {
  return post(`Transfer-Encoding: ${value}\r\n`, content);
}

function length(value: string, content = "abc"): string {
  return post(`Content-Length: ${value}\r\n`, content);
}

const BOTH = "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n";
const BOTH_TURNED = "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n";

/** RFC 9112 §6: where a request ends. */
export const framingCases: readonly RequestCase[] = [
  taken("9112 §6.1", "chunked", ABC, coding("chunked")),
  taken("9112 §7", "chunked in any case", ABC, coding("CHUNked")),
  taken(
    "9110 §5.5",
    "blanks around chunked",
    ABC,
    post("Transfer-Encoding:\t chunked \t\r\n", CHUNKS),
  ),
  refused("9112 §6.1", "gzip, chunked", 501, coding("gzip, chunked"), BOTH_REFUSE),
  refused(
    "9112 §6.1",
    "gzip and chunked on two lines",
    501,
    coding("gzip\r\nTransfer-Encoding: chunked"),
  ),
  refused("9112 §6.1", "identity, chunked", 501, coding("identity, chunked")),
  refused("9112 §6.3", "gzip", 400, coding("gzip")),
  refused("9112 §6.3", "identity", 400, coding("identity")),
  refused("9112 §6.3", "xchunked", 400, coding("xchunked")),
  refused("9112 §6.3", "chunkedx", 400, coding("chunkedx")),
  refused("9112 §6.3", "chunk", 400, coding("chunk")),
  refused("9112 §6.3", "chunked, gzip", 400, coding("chunked, gzip")),
  refused("9112 §6.3", "chunked, identity", 400, coding("chunked, identity")),
  refused("9112 §6.1", "chunked twice", 400, coding("chunked, chunked")),
  refused(
    "9112 §6.1",
    "chunked on two lines",
    400,
    coding("chunked\r\nTransfer-Encoding: chunked"),
  ),
  refused(
    "9112 §6.3",
    "chunked, then identity on another line",
    400,
    coding("chunked\r\nTransfer-encoding: identity"),
  ),
  refused("9112 §7.1", "chunked with a parameter", 400, coding("chunked;q=1")),
  refused("9112 §6.1", "chunked in quotes", 400, coding('"chunked"')),
  refused("9112 §6.1", "chunked in single quotes", 400, coding("'chunked'")),
  refused("9110 §5.6.1", "an empty member before chunked", 400, coding(", chunked"), BOTH_REFUSE),
  refused("9110 §5.6.1", "an empty member behind chunked", 400, coding("chunked,"), HAPROXY_TAKES),
  refused("9112 §6.3", "an empty Transfer-Encoding", 400, coding("")),
  refused("9110 §5.5", "a vertical tab before chunked", 400, coding("\x0bchunked")),
  refused("9110 §5.5", "NUL behind chunked", 400, coding("chunked\0")),
  refused("9112 §6.1", "a no-break space before chunked", 400, coding("\xa0chunked")),
  refused(
    "9112 §5.2",
    "chunked in a fold",
    400,
    post("Transfer-Encoding:\r\n chunked\r\n", CHUNKS),
  ),
  refused("9112 §5.2", "a fold behind chunked", 400, coding("chunked\r\n ")),
  refused(
    "9112 §5.1",
    "a blank before the colon",
    400,
    post("Transfer-Encoding : chunked\r\n", CHUNKS),
  ),
  refused(
    "9112 §2.2",
    "hidden behind LF",
    400,
    post("X: x\nTransfer-Encoding: chunked\r\n", CHUNKS),
  ),
  refused(
    "9112 §2.2",
    "hidden behind CR",
    400,
    post("X: x\rTransfer-Encoding: chunked\r\n", CHUNKS),
  ),
  taken(
    "9112 §5",
    "Transfer_Encoding is another field",
    "POST / a",
    post("Transfer_Encoding: chunked\r\n"),
  ),
  refused(
    "9112 §6.1",
    "chunked in HTTP/1.0",
    400,
    get("Transfer-Encoding: chunked\r\n", "POST / HTTP/1.0") + CHUNKS,
  ),
  refused(
    "9112 §6.1",
    "chunked and keep-alive in HTTP/1.0",
    400,
    get("Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n", "POST / HTTP/1.0") + CHUNKS,
  ),

  refused("9112 §6.3", "CL.TE", 400, post(BOTH.replace("3", "6"), "0\r\n\r\nG"), HAPROXY_TAKES),
  refused(
    "9112 §6.3",
    "CL.TE with a request inside",
    400,
    post(BOTH.replace("3", String(5 + HIDDEN.length)), `0\r\n\r\n${HIDDEN}`),
  ),
  refused(
    "9112 §6.3",
    "TE.CL",
    400,
    post(BOTH_TURNED.replace("3", "4"), `${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`),
    HAPROXY_TAKES,
  ),
  refused(
    "9112 §6.3",
    "TE.CL with a length of 0",
    400,
    post(BOTH_TURNED.replace("3", "0"), CHUNKS),
    HAPROXY_TAKES,
  ),
  refused(
    "9112 §6.3",
    "TE.TE: one of them in disguise",
    400,
    post(`${BOTH}Transfer-encoding: cow\r\n`, CHUNKS),
  ),
  refused(
    "9112 §6.3",
    "TE.TE: disguised and bare",
    400,
    post(`Transfer-Encoding: x\r\n${BOTH}`, CHUNKS),
  ),
  refused("9112 §6.3", "both in HTTP/1.0", 400, get(BOTH, "POST / HTTP/1.0") + CHUNKS),
  refused("9112 §6.3", "both in a GET", 400, get(BOTH) + CHUNKS, HAPROXY_TAKES),

  taken("9112 §6.3", "a length", ABC, length("3")),
  taken("9112 §6.3", "a length of 0", "POST / a", length("0", "")),
  taken("9110 §5.5", "blanks around a length", ABC, length("\t 3 \t")),
  taken("9112 §6", "GET with content", "GET / a abc", `${get("Content-Length: 3\r\n")}abc`),
  taken(
    "9112 §6",
    "DELETE with content",
    "DELETE / a abc",
    `${get("Content-Length: 3\r\n", "DELETE / HTTP/1.1")}abc`,
  ),
  taken("9112 §6.3", "POST without content", "POST / a", post("")),
  taken(
    "9112 §6.3",
    "content that looks like a request",
    `POST / a ${HIDDEN}`,
    length(String(HIDDEN.length), HIDDEN),
  ),
  ...[
    ["a plus", "+3"],
    ["a minus", "-3"],
    ["minus zero", "-0"],
    ["a hexadecimal number", "0x3"],
    ["a fraction", "3.0"],
    ["an exponent", "3e0"],
    ["a word", "three"],
    ["nothing", ""],
    ["a blank inside", "3 3"],
    ["a semicolon", "3;"],
    ["quotes", '"3"'],
    ["an underscore", "1_0"],
    ["a digit of another alphabet", "\xb3"],
    ["a list of different values", "3, 4"],
    ["a list with an empty member", "3,"],
    ["more than 2^53", "9007199254740993"],
    ["2^64 + 3", "18446744073709551619"],
    ["40 digits", "3".repeat(40)],
  ].map(([name, value]) => refused("9110 §8.6", `Content-Length: ${name}`, 400, length(value))),
  refused("9110 §8.6", "Content-Length: a leading zero", 400, length("03"), BOTH_TAKE),
  refused(
    "9110 §8.6",
    "Content-Length: a list of equal values",
    400,
    length("3, 3"),
    HAPROXY_TAKES,
  ),
  refused("9112 §6.3", "two equal lengths", 400, length("3\r\nContent-Length: 3"), HAPROXY_TAKES),
  refused("9112 §6.3", "two different lengths", 400, length("3\r\nContent-Length: 4")),
  refused(
    "9112 §6.3",
    "two lengths, one of them in other letters",
    400,
    length("3\r\ncontent-length: 0"),
  ),
  refused(
    "9112 §5.1",
    "a blank before the colon of a length",
    400,
    post("Content-Length : 3\r\n", "abc"),
  ),
  refused("9112 §5.2", "a length in a fold", 400, post("Content-Length:\r\n 3\r\n", "abc")),
  taken("9112 §5", "Content_Length is another field", "POST / a", post("Content_Length: 3\r\n")),
  taken(
    "9112 §6.3",
    "a length that no connection option removes",
    ABC,
    post("Connection: content-length\r\nContent-Length: 3\r\n", "abc"),
  ),
  refused("9112 §6.3", "content that ends too early", 400, length("5"), {
    ends: true,
    sees: ["POST / a broken"],
  }),
  refused(
    "9110 §9.3.6",
    "CONNECT with content",
    400,
    `${get("Content-Length: 3\r\n", "CONNECT a:80 HTTP/1.1")}abc`,
  ),
  refused(
    "9110 §9.3.8",
    "TRACE with content",
    400,
    `${get("Content-Length: 3\r\n", "TRACE / HTTP/1.1")}abc`,
  ),
  refused(
    "9110 §9.3.8",
    "TRACE in chunks",
    400,
    get("Transfer-Encoding: chunked\r\n", "TRACE / HTTP/1.1") + CHUNKS,
  ),
  taken(
    "9110 §9.3.8",
    "TRACE with a length of 0",
    "TRACE / a",
    get("Content-Length: 0\r\n", "TRACE / HTTP/1.1"),
  ),
];
