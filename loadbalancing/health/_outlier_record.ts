/** What is known of one host. Plain fields: {@linkcode OutlierPolicy} counts in them for every attempt. */
export class OutlierRecord {
  failures = 0;
  gatewayFailures = 0;
  localFailures = 0;
  /** Attempts of this interval, and those of them that succeeded. */
  total = 0;
  good = 0;
  /** The same for reaching the host, where that is counted apart. */
  localTotal = 0;
  localGood = 0;
  /** Of the last whole interval; null when it had too few attempts. */
  successRate: number | null = null;
  isEjected = false;
  ejections = 0;
  /** How many base times the next ejection, or this one, lasts. */
  backoff = 0;
  ejectedAt = 0;
  ejectionMs = 0;
  returnedAt: number | null = null;

  clearFailures(): void {
    this.failures = this.gatewayFailures = this.localFailures = 0;
  }

  beginInterval(): void {
    this.total =
      this.good =
      this.localTotal =
      this.localGood =
        0;
  }
}
