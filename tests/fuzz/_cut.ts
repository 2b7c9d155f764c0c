import fc from "fast-check";

/** How bytes reach the other side. */
export interface Arrival {
  /** Where they are cut, of 1,000 parts. */
  readonly cuts: readonly number[] | "each byte";
  /** How many turns lie between two pieces: with none, all wait before the first read. */
  readonly pace: number;
}

export const arrival: fc.Arbitrary<Arrival> = fc.record({
  cuts: fc.oneof(
    { weight: 8, arbitrary: fc.array(fc.nat({ max: 999 }), { maxLength: 8 }) },
    { weight: 1, arbitrary: fc.constant("each byte" as const) },
  ),
  pace: fc.oneof(fc.constant(0), fc.nat({ max: 40 })),
});

/** The pieces that cuts make of a text. */
export function piecesOf(text: string, cuts: Arrival["cuts"]): string[] {
  if (cuts === "each byte") return [...text];
  const ends = [...cuts.map((cut) => Math.floor(cut * text.length / 1_000)), text.length]
    .sort((a, b) => a - b);
  return ends.map((end, i) => text.slice(i === 0 ? 0 : ends[i - 1], end)).filter((piece) =>
    piece !== ""
  );
}
