import type { Service } from "./service.ts";

/** A service among those that it waits for and those that wait for it. */
export interface ServiceNode {
  readonly service: Service;
  readonly dependencies: readonly ServiceNode[];
  readonly dependents: readonly ServiceNode[];
}

/** A node whose neighbours are not all known yet. */
interface OpenNode extends ServiceNode {
  readonly dependencies: ServiceNode[];
  readonly dependents: ServiceNode[];
}

/**
 * Joins services by their `dependsOn`.
 *
 * @throws {TypeError} when one names a service that is not there, or they depend on each other in a circle
 */
export function serviceGraph(services: readonly Service[]): readonly ServiceNode[] {
  const nodes = services.map((service): OpenNode => ({
    service,
    dependencies: [],
    dependents: [],
  }));
  for (const node of nodes) {
    for (const name of new Set(node.service.dependsOn ?? [])) {
      const dependency = nodes.find(({ service }) => service.name === name);
      if (dependency === undefined) {
        throw new TypeError(
          `Cannot order services: "${node.service.name}" depends on "${name}", which is not there`,
        );
      }
      node.dependencies.push(dependency);
      dependency.dependents.push(node);
    }
  }
  for (const node of nodes) refuseCycle(node, [], new Set());
  return nodes;
}

function refuseCycle(
  node: ServiceNode,
  path: readonly ServiceNode[],
  seen: Set<ServiceNode>,
): void {
  const at = path.indexOf(node);
  if (at >= 0) {
    const names = [...path.slice(at), node].map(({ service }) => `"${service.name}"`);
    throw new TypeError(`Cannot order services: they wait in a circle, ${names.join(" -> ")}`);
  }
  if (seen.has(node)) return;
  seen.add(node);
  for (const dependency of node.dependencies) refuseCycle(dependency, [...path, node], seen);
}

/**
 * Visits every node once all those before it have been visited; those that do not wait for each other
 * at the same time. When a visit rejects, what comes after it is left out.
 *
 * @returns settles when every visit has ended; rejects with the first error
 */
export async function visitInOrder(
  nodes: readonly ServiceNode[],
  before: "dependencies" | "dependents",
  visit: (service: Service) => Promise<void>,
): Promise<void> {
  const visits = new Map<ServiceNode, Promise<void>>();
  const visitOnce = (node: ServiceNode): Promise<void> => {
    const known = visits.get(node);
    if (known !== undefined) return known;
    const visiting = Promise.all(node[before].map(visitOnce)).then(() => visit(node.service));
    visits.set(node, visiting);
    return visiting;
  };
  const all = nodes.map(visitOnce);
  await Promise.allSettled(all);
  await Promise.all(all);
}
