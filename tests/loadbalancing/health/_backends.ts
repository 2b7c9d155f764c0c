import { type Peer, peer } from "../../../core/mod.ts";

/** A backend that notes what is done to it. */
export interface TestBackend {
  readonly id: string;
  readonly peer: Peer;
  isHealthy: boolean;
  isEjected: boolean;
  markHealthy(isHealthy: boolean): void;
  eject(): void;
  restore(): void;
}

/** A backend; its id is the address unless told otherwise. */
export function testBackend(address: string, id = address): TestBackend {
  return {
    id,
    peer: peer(address),
    isHealthy: true,
    isEjected: false,
    markHealthy(isHealthy) {
      this.isHealthy = isHealthy;
    },
    eject() {
      this.isEjected = true;
    },
    restore() {
      this.isEjected = false;
    },
  };
}

/** A set whose backends are changed by hand. */
export class TestSet {
  backends: readonly TestBackend[];
  readonly listeners = new Set<() => void>();

  constructor(...backends: TestBackend[]) {
    this.backends = backends;
  }

  onChange(fn: () => void): () => void {
    this.listeners.add(fn);
    return () => void this.listeners.delete(fn);
  }

  change(...backends: TestBackend[]): void {
    this.backends = backends;
    for (const fn of this.listeners) fn();
  }
}
