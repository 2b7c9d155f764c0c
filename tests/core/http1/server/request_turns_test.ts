// Which of many requests begins, in turns that are given by hand.

import { assertEquals } from "@std/assert";
import { RequestTurns } from "../../../../core/http1/server/mod.ts";
import type { Clock } from "../../../../timeout/mod.ts";

class HandClock implements Clock {
  ms = 0;
  #timers: (() => void)[] = [];

  now(): number {
    return this.ms;
  }

  epoch(): number {
    return this.ms;
  }

  setTimer(fire: () => void): () => void {
    this.#timers.push(fire);
    return () => void (this.#timers = this.#timers.filter((each) => each !== fire));
  }

  get timers(): number {
    return this.#timers.length;
  }

  /** One turn: what is set in it fires in the next one. */
  turn(): void {
    for (const fire of this.#timers.splice(0)) fire();
  }
}

interface Crowd {
  readonly clock: HandClock;
  readonly turns: RequestTurns;
  /** Who began, in order. */
  readonly begun: number[];
  enter(id: number): void;
  enterAll(from: number, to: number): void;
}

function crowd(): Crowd {
  const clock = new HandClock();
  const turns = new RequestTurns({ clock });
  const begun: number[] = [];
  const enter = (id: number): void => {
    if (turns.enter({ takeTurn: () => void begun.push(id) })) begun.push(id);
  };
  const enterAll = (from: number, to: number): void => {
    for (let id = from; id < to; id++) enter(id);
  };
  return { clock, turns, begun, enter, enterAll };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, id) => id);

Deno.test("RequestTurns.enter() lets nobody wait and sets no timer while few are on their way", () => {
  const { clock, turns, begun, enter } = crowd();
  for (let id = 0; id < 1_000; id++) {
    enter(id);
    turns.leave();
  }
  assertEquals(begun, upTo(1_000));
  assertEquals([turns.waiting, clock.timers], [0, 0]);
});

Deno.test("RequestTurns.enter() lets nobody wait when many are on their way for long and few begin", () => {
  const { clock, turns, begun, enter } = crowd();
  for (let id = 0; id < 200; id++) {
    enter(id);
    clock.ms++;
  }
  assertEquals(begun, upTo(200));
  assertEquals([turns.waiting, clock.timers], [0, 0]);
});

Deno.test("RequestTurns begins no more than 48 in a turn when all come at once", () => {
  const { clock, turns, begun, enterAll } = crowd();
  enterAll(0, 200);
  const counts = [begun.length];
  while (turns.waiting > 0) {
    clock.turn();
    counts.push(begun.length);
  }
  assertEquals(counts, [48, 48, 96, 144, 192, 200]);
  assertEquals(begun, upTo(200));
  assertEquals(clock.timers, 0);
});

Deno.test("RequestTurns serves everybody once before anybody twice when all of them come again at once", () => {
  const { clock, turns, begun, enter, enterAll } = crowd();
  const clients = 1_000;
  enterAll(0, clients);
  let ended = 0;
  while (begun.length < 3 * clients) {
    // Whoever is on its way is answered, and asks again before anybody else is looked at.
    for (const last = begun.length; ended < last; ended++) {
      turns.leave();
      enter(begun[ended]);
    }
    clock.turn();
  }
  for (let round = 0; round < 3; round++) {
    assertEquals(begun.slice(round * clients, (round + 1) * clients), upTo(clients));
  }
});

Deno.test("RequestTurns.leave() lets the next one begin where few are left on their way", () => {
  const { turns, begun, enterAll } = crowd();
  enterAll(0, 60);
  assertEquals([begun.length, turns.waiting], [48, 12]);
  turns.leave();
  assertEquals(begun, upTo(49));
});

Deno.test("RequestTurns goes past 20,000 that leave as soon as it is their turn", () => {
  const clock = new HandClock();
  const turns = new RequestTurns({ clock });
  let gone = 0;
  const taker = {
    takeTurn: () => {
      gone++;
      turns.leave();
    },
  };
  for (let i = 0; i < 48; i++) turns.enter(taker);
  for (let i = 0; i < 20_000; i++) turns.enter(taker);
  turns.leave();
  assertEquals([gone, turns.waiting], [20_000, 0]);
});

Deno.test("RequestTurns[Symbol.dispose]() lets all begin that wait, and stops its timer", () => {
  const { clock, turns, begun, enterAll } = crowd();
  enterAll(0, 200);
  turns[Symbol.dispose]();
  assertEquals(begun, upTo(200));
  assertEquals(clock.timers, 0);
});
