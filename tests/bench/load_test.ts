import { assertEquals, assertThrows } from "@std/assert";
import { parseWrkReport } from "./load/wrk_report.ts";
import { countFaults } from "./measure.ts";
import { bodyOf, parseStubStatus } from "./upstream.ts";

const REPORT = `Running 3s test @ http://127.0.0.1:39002/130
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     3.10ms   86.05ms 685.83ms   93.04%
    Req/Sec    12.34k   470.61     13.81k    66.67%
  Latency Distribution
     50%  589.00us
     75%    1.20ms
     90%    3.00ms
     99%    1.02s 
  37020 requests in 3.01s, 6.39MB read
Requests/sec:  12299.00
Transfer/sec:      2.12MB
`;

Deno.test("parseWrkReport() reads counts and latencies in every unit", () => {
  assertEquals(parseWrkReport(REPORT), {
    requests: 37020,
    seconds: 3.01,
    p50Ms: 0.589,
    p99Ms: 1020,
    faults: [],
  });
});

Deno.test("parseWrkReport() tells each kind of error that happened", () => {
  const errors = "  Socket errors: connect 0, read 3, write 0, timeout 12\n" +
    "  Non-2xx or 3xx responses: 104\n";
  const { faults } = parseWrkReport(REPORT.replace("Requests/sec", `${errors}Requests/sec`));
  assertEquals(faults, ["3 read errors", "12 timeout errors", "104 answers of 4xx or 5xx"]);
});

Deno.test("parseWrkReport() throws when a figure is missing", () => {
  assertThrows(() => parseWrkReport("unable to connect"), SyntaxError, "no total");
  assertThrows(() => parseWrkReport(REPORT.replace("99%", "98%")), SyntaxError, "no 99%");
});

Deno.test("parseStubStatus() reads the count of requests", () => {
  const page = "Active connections: 3 \nserver accepts handled requests\n 10 10 4711 \n" +
    "Reading: 0 Writing: 1 Waiting: 2 \n";
  assertEquals(parseStubStatus(page), 4711);
  assertThrows(() => parseStubStatus("404"), SyntaxError, "Cannot read status of nginx");
});

Deno.test("bodyOf() has the size that is asked for", () => {
  for (const size of [1, 15, 16, 130, 10_240]) assertEquals(bodyOf(size).length, size);
});

Deno.test("countFaults() takes no offence at what was on its way in the end", () => {
  assertEquals(countFaults({ requests: 1000, upstreamRequests: 1000, connections: 32 }), []);
  assertEquals(countFaults({ requests: 1000, upstreamRequests: 1064, connections: 32 }), []);
});

Deno.test("countFaults() finds answers that are not the upstream's and requests sent twice", () => {
  const faults = (requests: number, upstreamRequests: number) =>
    countFaults({ requests, upstreamRequests, connections: 32 });
  assertEquals(faults(0, 0), ["no answers"]);
  assertEquals(faults(1000, 999), ["upstream got only 999 of 1000"]);
  assertEquals(faults(1000, 2000), ["upstream got 2000 requests for 1000 answers"]);
});
