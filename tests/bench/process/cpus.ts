/** Which CPUs the measured proxy and which everything else runs on, as `taskset -c` takes them. */
export interface CpuPlan {
  /** The one CPU of the proxy. */
  readonly proxy: string;
  /** The CPUs of load generator, upstream and the bench itself. */
  readonly load: string;
}

/**
 * Splits the CPUs that this process may use: the last one for the proxy, all others for the rest. Where there is only
 * one, they share it: CPU time per request still means something, requests per second do not.
 *
 * @param list as in `Cpus_allowed_list` of `/proc/self/status`, such as `0-3,8`
 * @throws {SyntaxError} if it is no such list
 */
export function planCpus(list: string): CpuPlan {
  const cpus = list.trim().split(",").flatMap((part) => {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (match === null) throw new SyntaxError(`Cannot read list of CPUs: "${list}"`);
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
  const proxy = cpus.slice(-1);
  const others = cpus.slice(0, -1);
  return { proxy: proxy.join(), load: (others.length > 0 ? others : proxy).join() };
}

/** Reads which CPUs this process may use and splits them. */
export async function readCpuPlan(): Promise<CpuPlan> {
  const status = await Deno.readTextFile("/proc/self/status");
  return planCpus(/^Cpus_allowed_list:\s*(.+)$/m.exec(status)?.[1] ?? "0");
}
