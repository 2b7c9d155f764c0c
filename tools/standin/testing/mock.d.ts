// The real package has these `any` too: without them no spy would fit a parameter of another spy's type.
// deno-lint-ignore-file no-explicit-any
/** Types of the stand-in for `jsr:@std/testing/mock`: the names and signatures that the real package has too. */

export class MockError extends Error {
  constructor(message: string);
}

export interface SpyCall<
  Self = any,
  Args extends unknown[] = any[],
  Return = any,
> {
  args: Args;
  returned?: Return;
  error?: Error;
  self?: Self;
}

export interface Spy<Self = any, Args extends unknown[] = any[], Return = any> {
  (this: Self, ...args: Args): Return;
  original: (this: Self, ...args: Args) => Return;
  calls: SpyCall<Self, Args, Return>[];
  restored: boolean;
  restore(): void;
}

export interface MethodSpy<
  Self = any,
  Args extends unknown[] = any[],
  Return = any,
> extends Spy<Self, Args, Return>, Disposable {}

export interface Stub<Self = any, Args extends unknown[] = any[], Return = any>
  extends MethodSpy<Self, Args, Return> {
  fake: (this: Self, ...args: Args) => Return;
}

type MethodArgs<Self, Key extends keyof Self> = Self[Key] extends
  (...args: infer Args extends unknown[]) => unknown ? Args : never;

type MethodReturn<Self, Key extends keyof Self> = Self[Key] extends (...args: any[]) => infer Return
  ? Return
  : never;

export function spy<
  Self = any,
  Args extends unknown[] = any[],
  Return = undefined,
>(): Spy<Self, Args, Return>;
export function spy<Self, Args extends unknown[], Return>(
  func: (this: Self, ...args: Args) => Return,
): Spy<Self, Args, Return>;
export function spy<Self, Key extends keyof Self>(
  self: Self,
  property: Key,
): MethodSpy<Self, MethodArgs<Self, Key>, MethodReturn<Self, Key>>;

export function stub<Self, Key extends keyof Self>(
  self: Self,
  property: Key,
): Stub<Self, MethodArgs<Self, Key>, MethodReturn<Self, Key>>;
export function stub<Self, Key extends keyof Self>(
  self: Self,
  property: Key,
  func: (
    this: Self,
    ...args: MethodArgs<Self, Key>
  ) => MethodReturn<Self, Key>,
): Stub<Self, MethodArgs<Self, Key>, MethodReturn<Self, Key>>;

export interface ExpectedSpyCall<
  Self = any,
  Args extends unknown[] = any[],
  Return = any,
> {
  args?: [...Args, ...unknown[]];
  returned?: Return;
  self?: Self;
  error?: {
    Class?: new (...args: any[]) => any;
    msgIncludes?: string;
  };
}

export function assertSpyCalls<Self, Args extends unknown[], Return>(
  spy: Spy<Self, Args, Return>,
  expectedCalls: number,
): void;

export function assertSpyCall<Self, Args extends unknown[], Return>(
  spy: Spy<Self, Args, Return>,
  callIndex: number,
  expected?: ExpectedSpyCall<Self, Args, Return>,
): void;

export function assertSpyCallAsync<Self, Args extends unknown[], Return>(
  spy: Spy<Self, Args, Promise<Return>>,
  callIndex: number,
  expected?: ExpectedSpyCall<Self, Args, Promise<Return> | Return>,
): Promise<void>;

export function assertSpyCallArg<Self, Args extends unknown[], Return, Arg>(
  spy: Spy<Self, Args, Return>,
  callIndex: number,
  argIndex: number,
  expected: Arg,
): Arg;

export function assertSpyCallArgs<Self, Args extends unknown[], Return>(
  spy: Spy<Self, Args, Return>,
  callIndex: number,
  expected: Args,
): void;

export function returnsNext<
  Self = any,
  Args extends unknown[] = any[],
  Return = any,
>(
  values: Iterable<Return | Error>,
): (this: Self, ...args: Args) => Return;

export function resolvesNext<
  Self = any,
  Args extends unknown[] = any[],
  Return = any,
>(
  iterable:
    | Iterable<Return | Error | Promise<Return | Error>>
    | AsyncIterable<Return | Error | Promise<Return | Error>>,
): (this: Self, ...args: Args) => Promise<Return>;

export function returnsThis<Self = any, Args extends unknown[] = any[]>(): (
  this: Self,
  ...args: Args
) => Self;

export function returnsArg<Arg, Self = any>(
  idx: number,
): (this: Self, ...args: Arg[]) => Arg | undefined;

export function restore(id?: number): void;
