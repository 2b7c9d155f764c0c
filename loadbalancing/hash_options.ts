import type { RandomOptions } from "./weighted_random.ts";

/** Options of the algorithms that hash; chance decides about requests without a key. */
export interface HashOptions extends RandomOptions {
  /**
   * Bounded loads: no candidate gets more than this factor times its part of the requests under way; what it
   * cannot take goes to the next in the key's order. Above 1; 1.25 is usual. `Infinity`: no bound.
   *
   * Source: V. Mirrokni, M. Thorup, M. Zadimoghaddam, Consistent Hashing with Bounded Loads (2018).
   *
   * @default {Infinity}
   */
  balanceFactor?: number;
}
