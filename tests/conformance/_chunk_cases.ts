import { chunked, refused, type RequestCase, taken } from "./_request_case.ts";

const ABC = "POST / a abc";
const END = "0\r\n\r\n";

/** Content that is refused: its head is good, so that the handler sees that, and that the content breaks. */
function broken(section: string, name: string, content: string): RequestCase {
  return refused(section, name, 400, chunked(content), { sees: ["POST / a broken"] });
}

/** RFC 9112 §7.1: chunks, their extensions, trailers. */
export const chunkCases: readonly RequestCase[] = [
  taken("9112 §7.1", "no content", "POST / a", chunked(END)),
  taken("9112 §7.1", "two chunks", "POST / a abcde", chunked(`3\r\nabc\r\n2\r\nde\r\n${END}`)),
  taken(
    "9112 §7.1",
    "a size in capitals",
    `POST / a ${"x".repeat(10)}`,
    chunked(`A\r\n${"x".repeat(10)}\r\n${END}`),
  ),
  taken("9112 §7.1", "a size with leading zeros", ABC, chunked(`0003\r\nabc\r\n${END}`)),
  taken("9112 §7.1", "a last chunk of three zeros", ABC, chunked(`3\r\nabc\r\n000\r\n\r\n`)),
  taken(
    "9112 §7.1",
    "data that looks like an end",
    "POST / a 0\r\n\r\n",
    chunked(`5\r\n${END}\r\n${END}`),
  ),
  ...[
    ["0x", "0x3"],
    ["a plus", "+3"],
    ["a minus", "-3"],
    ["a minus before zero", "-0"],
    ["a blank first", " 3"],
    ["a tab first", "\t3"],
    ["a blank behind", "3 "],
    ["a blank inside", "0 3"],
    ["a letter", "g"],
    ["an h behind it", "3h"],
    ["nothing", ""],
    ["a comma", "3,3"],
    ["a point", "3.0"],
    ["NUL behind it", "3\0"],
    ["a vertical tab behind it", "3\x0b"],
    ["an underscore", "0_3"],
    ["a high byte", "3\xa0"],
    ["a colon", "3:"],
  ].map(([name, size]) => broken("9112 §7.1", `a size with ${name}`, `${size}\r\nabc\r\n${END}`)),
  broken("9112 §7.1", "a size of 2^64 + 3", `10000000000000003\r\nabc\r\n${END}`),
  broken("9112 §7.1", "a size of 2^63", `8000000000000000\r\nabc\r\n${END}`),
  broken("9112 §7.1", "a size of 2^53", `20000000000000\r\nabc\r\n${END}`),
  broken("9112 §7.1", "a size of 17 digits", `${"0".repeat(16)}3\r\nabc\r\n${END}`),
  broken("9112 §7.1", "LF behind the size", `3\nabc\r\n${END}`),
  broken("9112 §7.1", "CR behind the size", `3\rabc\r\n${END}`),
  broken("9112 §7.1", "two CR behind the size", `3\r\r\nabc\r\n${END}`),
  broken("9112 §7.1", "LF behind the data", `3\r\nabc\n${END}`),
  broken("9112 §7.1", "CR behind the data", `3\r\nabc\r0\r\n\r\n`),
  broken("9112 §7.1", "something and LF behind the data", `3\r\nabcX\n${END}`),
  broken("9112 §7.1", "CR and something behind the data", `3\r\nabc\rX${END}`),
  broken("9112 §7.1", "nothing behind the data", `3\r\nabc${END}`),
  broken("9112 §7.1", "data that is longer", `3\r\nabcd\r\n${END}`),
  broken("9112 §7.1", "data that is shorter", `3\r\nab\r\n${END}`),
  broken("9112 §7.1", "LF behind the last chunk", "0\n\r\n"),
  broken("9112 §7.1", "LF as the last line", "0\r\n\n"),
  broken("9112 §7.1", "CR and something else as the last line", "0\r\n\rX"),
  refused("9112 §8", "chunks that end too early", 400, chunked("3\r\nabc\r\n"), {
    ends: true,
    sees: ["POST / a broken"],
  }),
  refused("9112 §8", "the last line is missing", 400, chunked("0\r\n"), {
    ends: true,
    sees: ["POST / a broken"],
  }),

  taken("9112 §7.1.1", "an extension", ABC, chunked(`3;a\r\nabc\r\n0;b=c\r\n\r\n`)),
  taken("9112 §7.1.1", "blanks in an extension", ABC, chunked(`3 ;\ta\t= b ; c\r\nabc\r\n${END}`)),
  taken("9112 §7.1.1", "a quoted extension", ABC, chunked(`3;a="\\"; b\t\xff"\r\nabc\r\n${END}`)),
  ...[
    ["without a name", ";"],
    ["with an empty name", ";=b"],
    ["without a value", ";a="],
    ["with two values", ";a=b=c"],
    ["with a blank behind it", ";a "],
    ["with an open quote", ';a="b'],
    ["with NUL", ";a\0"],
    ["with a bare CR", ";a\rb"],
    ["with LF", ";a\n"],
    ["with LF and data behind it", ";\nabc"],
    ["with LF in quotes", ';a="\n"'],
    ["with CR LF in quotes", ';a="\r\n"'],
    ["without its semicolon", " a"],
  ].map(([name, extension]) =>
    broken("9112 §7.1.1", `an extension ${name}`, `3${extension}\r\nabc\r\n${END}`)
  ),
  broken("9112 §7.1.1", "an extension of 300 bytes", `3;${"a".repeat(300)}\r\nabc\r\n${END}`),
  broken(
    "9112 §7.1.1",
    "extensions of 20,000 bytes",
    `1;${"a".repeat(99)}\r\nx\r\n`.repeat(200) + END,
  ),

  taken(
    "9112 §7.1.2",
    "a trailer",
    "POST / a abc X-Sum=1",
    chunked(`3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n`),
  ),
  ...[
    ["Content-Length", "Content-Length: 50"],
    ["Transfer-Encoding", "Transfer-Encoding: chunked"],
    ["Host", "Host: b"],
    ["Authorization", "Authorization: x"],
    ["Cookie", "Cookie: x"],
    ["X-Forwarded-For", "X-Forwarded-For: x"],
    ["Connection", "Connection: close"],
    ["Expect", "Expect: 100-continue"],
  ].map(([name, line]) =>
    taken(
      "9110 §6.5.1",
      `the trailer ${name} is dropped`,
      "POST / a abc X=1",
      chunked(`3\r\nabc\r\n0\r\n${line}\r\nX: 1\r\n\r\n`),
    )
  ),
  broken("9112 §7.1.2", "a request as a trailer", "0\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"),
  broken("9112 §5.1", "a blank before the colon of a trailer", "0\r\nX : 1\r\n\r\n"),
  broken("9112 §5.2", "a folded trailer", "0\r\nX: 1\r\n 2\r\n\r\n"),
  broken("9112 §5", "a trailer without a name", "0\r\n: 1\r\n\r\n"),
  broken("9110 §5.5", "NUL in a trailer", "0\r\nX: \0\r\n\r\n"),
  broken("9112 §2.2", "LF behind a trailer", "0\r\nX: 1\n\r\n"),
  broken("9112 §7.1.2", "trailers of 9,000 bytes", `0\r\nX: ${"x".repeat(9_000)}\r\n\r\n`),
  refused("6585 §5", "65 trailers", 431, chunked(`0\r\n${"X: 1\r\n".repeat(65)}\r\n`), {
    sees: ["POST / a broken"],
  }),
];
