import { CertificateError, ListenError, type Server, ServiceError } from "../../core/mod.ts";
import { type Io, writeAll } from "../io.ts";

/**
 * Starts a server and runs it until a signal; a failure to start becomes one line.
 *
 * @param onUp called when all services are ready
 * @returns the exit code
 */
export async function runToEnd(server: Server, io: Io, onUp: () => void): Promise<number> {
  const stop = (): void => void server.stop();
  const starting = server.start();
  if (io.signal?.aborted) stop();
  io.signal?.addEventListener("abort", stop, { once: true });
  // It hears signals from here on, during the start too.
  const running = server.runForever();
  try {
    await starting;
    onUp();
    return await running;
  } catch (error) {
    const exitCode = await running;
    // A stop during the start is no failure.
    if (!(error instanceof ServiceError)) return exitCode;
    const { cause } = error;
    const { message } = isOfSettings(cause) ? cause : error;
    await writeAll(io.stderr, `${message}\n`);
    return isBadValue(cause) ? 2 : 1;
  } finally {
    io.signal?.removeEventListener("abort", stop);
  }
}

/** Whether the person who set it can tell that it never works. */
function isBadValue(cause: unknown): boolean {
  if (cause instanceof CertificateError) return true;
  return cause instanceof ListenError &&
    (cause.code === "bad_certificate" || cause.code === "bad_path");
}

/** Whether it says by itself which setting is to be looked at. */
function isOfSettings(cause: unknown): cause is Error {
  return cause instanceof ListenError || cause instanceof CertificateError;
}
