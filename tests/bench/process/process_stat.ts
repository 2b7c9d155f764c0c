/** What the bench needs of one line of `/proc/<pid>/stat`. */
export interface ProcessStat {
  /** Process id. */
  readonly pid: number;
  /** Process id of the parent. */
  readonly parent: number;
  /**
   * CPU time of all threads, user and system, and of children that have ended, in clock ticks.
   * With those of the children a sum over a process tree never falls when one of its processes ends.
   */
  readonly cpuTicks: number;
}

/** Microseconds in a clock tick: USER_HZ is 100 for every program on Linux, whatever the kernel's own tick is. */
export const MICROS_PER_TICK = 10_000;

/**
 * Reads one line of `/proc/<pid>/stat`, see proc_pid_stat(5).
 *
 * @throws {SyntaxError} if it is not such a line
 */
export function parseProcessStat(line: string): ProcessStat {
  // The command is in parentheses and may itself hold spaces and parentheses: the last one ends it.
  const end = line.lastIndexOf(")");
  const pid = parseInt(line, 10);
  const fields = line.slice(end + 2).split(" ");
  const parent = Number(fields[1]);
  // utime, stime, cutime and cstime: fields 14 to 17, counted from 1; the state behind the command is field 3.
  const times = fields.slice(11, 15).map(Number);
  const cpuTicks = times.reduce((sum, each) => sum + each, 0);
  if (end < 0 || times.length < 4 || ![pid, parent, cpuTicks].every(Number.isSafeInteger)) {
    throw new SyntaxError(`Cannot read process stat: "${line}"`);
  }
  return { pid, parent, cpuTicks };
}
