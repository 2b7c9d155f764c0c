/** The part of fake-timers that `FakeTime` stands on. */

interface Clock {
  readonly now: number;
  tick(ms: number): number;
  next(): number;
  countTimers(): number;
  uninstall(): void;
}

export function withGlobal(
  scope: typeof globalThis,
): { install(config: { now: number; toFake: string[] }): Clock };
