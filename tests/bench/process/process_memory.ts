/** Memory of a process as `/proc/<pid>/status` tells it. */
export interface ProcessMemory {
  /** Resident now (`VmRSS`). */
  readonly residentBytes: number;
  /** Most that was ever resident (`VmHWM`). */
  readonly peakBytes: number;
}

/** Reads `/proc/<pid>/status`; null for a process that has ended and is not reaped yet: it has no memory any more. */
export function parseProcessMemory(status: string): ProcessMemory | null {
  const resident = /^VmRSS:\s*(\d+) kB$/m.exec(status);
  const peak = /^VmHWM:\s*(\d+) kB$/m.exec(status);
  if (resident === null || peak === null) return null;
  return { residentBytes: Number(resident[1]) * 1024, peakBytes: Number(peak[1]) * 1024 };
}
