/** A signal that counts its listeners. */
export class CountingSignal {
  listeners = 0;
  readonly signal: AbortSignal = new AbortController().signal;

  constructor() {
    const { signal } = this;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>): void => {
      this.listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>): void => {
      this.listeners--;
      remove(...args);
    };
  }
}
