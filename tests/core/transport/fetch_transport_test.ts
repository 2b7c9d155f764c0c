import { fetchTransport } from "../../../core/mod.ts";
import { transportSuite } from "./transport_suite.ts";

transportSuite("fetchTransport", () => fetchTransport(), {
  loses: [
    "a path with dot segments, quotes and a backslash",
    "no field that nobody asked for",
    "GET with content",
    "a long upload with a known length",
  ],
});
