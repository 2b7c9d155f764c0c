import type { Logger, Service, ServiceContext } from "../../../core/mod.ts";

/** A logger that keeps its lines: level and message. */
export function recordingLogger(lines: string[] = []): Logger & { readonly lines: string[] } {
  const at = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** What a {@linkcode recordingService} does beside noting its steps. */
export interface RecordingServiceOptions {
  dependsOn?: readonly string[];
  start?: (context: ServiceContext) => void | Promise<void>;
  stop?: Service["stop"];
}

/** A service that notes when it starts, is ready, stops and has stopped. */
export function recordingService(
  name: string,
  steps: string[],
  options: RecordingServiceOptions = {},
): Service {
  const { dependsOn, start, stop } = options;
  return {
    name,
    dependsOn,
    async start(context) {
      steps.push(`${name} starts`);
      await start?.(context);
      steps.push(`${name} is ready`);
    },
    async stop(options) {
      steps.push(`${name} stops`);
      const report = await stop?.(options);
      steps.push(`${name} has stopped`);
      return report;
    },
  };
}
