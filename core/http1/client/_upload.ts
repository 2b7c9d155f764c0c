import { ProxyError } from "../../../errors/mod.ts";
import type { WheelTimer } from "../../../timeout/mod.ts";
import type { Body } from "../../http/mod.ts";
import { giveSmall, SMALL_BUFFER, takeSmall } from "../_buffers.ts";
import { MAX_CHUNK_HEADER_BYTES, writeChunkHeader, writeLastChunk } from "../codec/mod.ts";
import { giveUp } from "./give_up.ts";
import { refuse } from "./_request_framing.ts";

/** Where content goes. */
export interface UploadSink {
  /** Sends bytes; rejects when the upstream takes none. */
  sendContent(bytes: Uint8Array): Promise<void>;
  /** The content broke off or is not what was promised: the request cannot be finished. */
  uploadFailed(error: ProxyError): void;
}

/** Options of {@linkcode Upload}. */
export interface UploadOptions {
  /** How many bytes are promised; -1 when they go in chunks. */
  length: number;
  /** Content that lies in memory already. */
  rest: Uint8Array | null;
}

/** Chunks up to this length are copied, to go out in one write with their frame. */
const MAX_FRAMED = SMALL_BUFFER - MAX_CHUNK_HEADER_BYTES - 4;

/**
 * Content on its way to an upstream, beside the response that may come meanwhile. It never rejects: when
 * the upstream takes no more it stops, and what the upstream says decides; when the content itself breaks
 * off it tells the sink.
 */
export class Upload {
  readonly #sink: UploadSink;
  readonly #body: Body;
  readonly #length: number;
  readonly #rest: Uint8Array | null;
  #frame: Uint8Array | null = null;
  /** The CRLF behind a chunk that went out without it. */
  #owesCrlf = false;
  #isDone = false;
  #isStopped = false;
  #gate: PromiseWithResolvers<void> | null = null;
  #gateTimer: WheelTimer | null = null;

  constructor(sink: UploadSink, body: Body, options: UploadOptions) {
    this.#sink = sink;
    this.#body = body;
    this.#length = options.length;
    this.#rest = options.rest;
  }

  /** Whether everything was sent. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Whether nothing was sent yet because the upstream's word is waited for. */
  get isHeld(): boolean {
    return this.#gate !== null;
  }

  /** Holds the content back until {@linkcode Upload.proceed}, or until a timer fires. */
  hold(timer: WheelTimer, timeoutMs: number): void {
    this.#gate = Promise.withResolvers();
    this.#gateTimer = timer;
    timer.arm(timeoutMs);
  }

  /** The upstream wants the content, or was asked for long enough. */
  proceed(): void {
    this.#gateTimer?.disarm();
    this.#gateTimer = null;
    this.#gate?.resolve();
    this.#gate = null;
  }

  /** Sends nothing more; the content is given up. */
  stop(reason: unknown): void {
    if (this.#isDone || this.#isStopped) return;
    this.#isStopped = true;
    this.proceed();
    giveUp(this.#body, reason);
  }

  /** Sends all of it. */
  async run(): Promise<void> {
    try {
      if (this.#gate !== null) await this.#gate.promise;
      if (this.#rest === null) await this.#pump();
      else if (!this.#isStopped) await this.#sink.sendContent(this.#rest);
      this.#isDone = !this.#isStopped;
    } catch (error) {
      // The upstream takes no more.
      this.stop(error);
    } finally {
      if (this.#frame !== null) giveSmall(this.#frame);
    }
  }

  async #pump(): Promise<void> {
    let left = this.#length;
    while (!this.#isStopped) {
      const chunk = await this.#next(left);
      if (this.#isStopped) return;
      if (chunk === null) return this.#length < 0 ? await this.#finishChunks() : undefined;
      if (chunk.byteLength === 0) continue;
      if (this.#length < 0) await this.#writeChunk(chunk);
      else {
        left -= chunk.byteLength;
        await this.#sink.sendContent(chunk);
      }
    }
  }

  /** The next piece of content; stops when it is not as it should be. */
  async #next(left: number): Promise<Uint8Array | null> {
    try {
      const chunk = await this.#body.read();
      if (this.#length < 0) return chunk;
      if (chunk === null ? left !== 0 : chunk.byteLength > left) {
        throw refuse(`its content is ${chunk === null ? "shorter" : "longer"} than it promises`);
      }
      return chunk;
    } catch (cause) {
      if (this.#isStopped) return null;
      const error = ProxyError.from(cause, "client_body_broken");
      this.stop(error);
      this.#sink.uploadFailed(error);
      return null;
    }
  }

  async #writeChunk(chunk: Uint8Array): Promise<void> {
    const frame = this.#frame ??= takeSmall();
    const { byteLength } = chunk;
    let at = writeChunkHeader(frame, this.#payCrlf(frame), byteLength);
    if (byteLength > MAX_FRAMED) {
      await this.#sink.sendContent(frame.subarray(0, at));
      this.#owesCrlf = true;
      return await this.#sink.sendContent(chunk);
    }
    frame.set(chunk, at);
    at += byteLength;
    frame[at] = 13;
    frame[at + 1] = 10;
    await this.#sink.sendContent(frame.subarray(0, at + 2));
  }

  async #finishChunks(): Promise<void> {
    const frame = this.#frame ??= takeSmall();
    let end: number;
    try {
      end = writeLastChunk(frame, this.#payCrlf(frame), this.#body.trailers ?? null);
    } catch (cause) {
      const error = refuse("its trailers cannot be written", cause);
      this.stop(error);
      return this.#sink.uploadFailed(error);
    }
    await this.#sink.sendContent(frame.subarray(0, end));
  }

  #payCrlf(frame: Uint8Array): number {
    if (!this.#owesCrlf) return 0;
    this.#owesCrlf = false;
    frame[0] = 13;
    frame[1] = 10;
    return 2;
  }
}
