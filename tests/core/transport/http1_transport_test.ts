import { http1Transport } from "../../../core/mod.ts";
import { transportSuite } from "./transport_suite.ts";

transportSuite("http1Transport", () => http1Transport());
