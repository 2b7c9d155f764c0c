import { formatSize } from "./size.ts";

/** How clients reach the proxy. */
export type Scheme = "http" | "https";

/** One kind of load that every target gets. */
export interface LoadCase {
  readonly scheme: Scheme;
  /** Size of each answer's body. */
  readonly bodyBytes: number;
  /** Connections of clients. */
  readonly connections: number;
}

/** Every combination, the connections changing fastest. */
export function allCases(
  { schemes, sizes, connections }: {
    readonly schemes: readonly Scheme[];
    readonly sizes: readonly number[];
    readonly connections: readonly number[];
  },
): LoadCase[] {
  return schemes.flatMap((scheme) =>
    sizes.flatMap((bodyBytes) =>
      connections.map((count) => ({ scheme, bodyBytes, connections: count }))
    )
  );
}

/** A case in words, such as `http, 10 KiB, 32 connections`. */
export function describeCase({ scheme, bodyBytes, connections }: LoadCase): string {
  const plural = connections === 1 ? "" : "s";
  return `${scheme}, ${formatSize(bodyBytes)}, ${connections} connection${plural}`;
}
