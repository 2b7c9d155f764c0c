/**
 * The command line program, and the parts of it that another program may use: reading the settings that
 * all programs of this toolkit know, an echo server, a demo site.
 *
 * @module
 */
export { main } from "./main.ts";
export { type Io, type Output, systemIo } from "./io.ts";
export { UsageError } from "./usage_error.ts";
export { echoHandler } from "./serve/echo_handler.ts";
export { demoHandler } from "./serve/demo_handler.ts";
export { curlLine, type CurlLineOptions } from "./serve/curl_line.ts";
export {
  type AccessLogChoice,
  readServeSettings,
  type ReadServeSettingsOptions,
  type ServeSettings,
} from "./serve/serve_settings.ts";
