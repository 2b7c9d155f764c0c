import type { Logger } from "../../core/mod.ts";

/** A logger for what is made before its server is known: what it is told until then is lost. */
export class LateLogger implements Logger {
  /** Where it goes, from the start of the service on. */
  target: Logger | null = null;

  debug(...told: Parameters<Logger["debug"]>): void {
    this.target?.debug(...told);
  }

  info(...told: Parameters<Logger["info"]>): void {
    this.target?.info(...told);
  }

  warn(...told: Parameters<Logger["warn"]>): void {
    this.target?.warn(...told);
  }

  error(...told: Parameters<Logger["error"]>): void {
    this.target?.error(...told);
  }
}
