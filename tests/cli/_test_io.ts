import type { Io, Output } from "../../cli/mod.ts";
import { type Clock, systemClock } from "../../timeout/mod.ts";

/** An output that keeps what is written to it. */
export class TextOutput implements Output {
  readonly #isTerminal: boolean;
  readonly #parts: Uint8Array<ArrayBuffer>[] = [];

  constructor(isTerminal: boolean) {
    this.#isTerminal = isTerminal;
  }

  get text(): string {
    return new TextDecoder().decode(this.bytes);
  }

  get bytes(): Uint8Array {
    const whole = new Uint8Array(this.#parts.reduce((sum, part) => sum + part.byteLength, 0));
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.byteLength;
    }
    return whole;
  }

  /** Takes at most 10,000 bytes at a time, as a pipe may. */
  write(bytes: Uint8Array): number {
    const taken = bytes.slice(0, 10_000);
    this.#parts.push(taken);
    return taken.byteLength;
  }

  isTerminal(): boolean {
    return this.#isTerminal;
  }
}

/** What {@linkcode testIo} may be told. */
export interface TestIoOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly isTerminal?: { readonly stdout?: boolean; readonly stderr?: boolean };
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

/** A world outside that a test sees through. */
export function testIo(
  options: TestIoOptions = {},
): Io & { readonly stdout: TextOutput; readonly stderr: TextOutput } {
  const { env = {}, stdin = "", isTerminal = {}, signal, clock = systemClock } = options;
  return {
    env: (name) => env[name],
    stdin: () => new Blob([stdin]).stream(),
    stdout: new TextOutput(isTerminal.stdout ?? false),
    stderr: new TextOutput(isTerminal.stderr ?? false),
    clock,
    ...(signal !== undefined && { signal }),
  };
}
