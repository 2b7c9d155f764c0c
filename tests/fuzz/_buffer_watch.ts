import { assert, assertEquals } from "@std/assert";
import { giveLarge, giveSmall, takeLarge, takeSmall } from "../../core/http1/_buffers.ts";

/** More than the free lists hold. */
const ALL = 300;
/** How many free buffers of each size there are while one watches. */
const COUNT = 4;

/** Sees whether buffers that are lent come back, once each. */
export class BufferWatch {
  #small: Set<Uint8Array>;
  #large: Set<Uint8Array>;

  /** Leaves so few free buffers that none of them can be missed. */
  constructor() {
    for (let i = 0; i < ALL; i++) takeSmall();
    for (let i = 0; i < ALL / 4; i++) takeLarge();
    this.#small = fill(takeSmall, giveSmall);
    this.#large = fill(takeLarge, giveLarge);
  }

  /**
   * Looks after those buffers, and puts them back.
   *
   * @returns how many have not come back
   */
  missing(): number {
    return look(this.#small, takeSmall, giveSmall) + look(this.#large, takeLarge, giveLarge);
  }

  /** Begins anew. */
  reset(): void {
    this.#small = fill(takeSmall, giveSmall);
    this.#large = fill(takeLarge, giveLarge);
  }
}

/** Takes all free buffers away, and checks that none of them was given back twice. */
export function takeFree(): void {
  const taken = new Set<Uint8Array>();
  for (let i = 0; i < ALL; i++) taken.add(takeSmall());
  for (let i = 0; i < ALL / 4; i++) taken.add(takeLarge());
  assertEquals(taken.size, ALL + ALL / 4, "no buffer is given back twice");
}

function fill(take: () => Uint8Array, give: (buffer: Uint8Array) => void): Set<Uint8Array> {
  const buffers = new Set<Uint8Array>();
  for (let i = 0; i < COUNT; i++) buffers.add(take());
  for (const buffer of buffers) give(buffer);
  return buffers;
}

function look(
  known: Set<Uint8Array>,
  take: () => Uint8Array,
  give: (buffer: Uint8Array) => void,
): number {
  const free = new Set<Uint8Array>();
  for (let i = 0; i < COUNT; i++) {
    const buffer = take();
    assert(!free.has(buffer), "no buffer is given back twice");
    free.add(buffer);
  }
  const missing = [...known].filter((buffer) => !free.has(buffer)).length;
  for (const buffer of free) give(buffer);
  assertEquals(free.size, COUNT);
  return missing;
}
