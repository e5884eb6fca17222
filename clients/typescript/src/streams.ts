// The two ways to follow a subscription: each connects when it is first used, and gives one life of the stream.

import type { GraphQLFormattedError } from "graphql";
import { createClient as createEvents, NetworkError } from "graphql-sse";
import { createClient as createSocket } from "graphql-ws/client";

import { GraphError, RefusedError, UnreachableError } from "./errors.js";

export type Token = () => string | Promise<string>;
export type Request = { query: string; variables: Record<string, unknown> };
export type Result = { data?: unknown; errors?: readonly GraphQLFormattedError[] | undefined };
/** `stop` may be called at any time, and more than once: `results` end then. */
export type Stream = { results: AsyncGenerator<Result, void>; stop: () => void };
export type Open = (request: Request) => Stream;

type Sink = { next: (result: Result) => void; error: (thrown: unknown) => void; complete: () => void };

/**
 * One socket for all of them. After `silence` milliseconds the gateway is asked for a sign of life, and half as long
 * later given up: who has vanished closes nothing. `WebSocketImpl`: where the platform has none, as in Node 20.
 */
export function overWebSocket(url: string, token: Token, silence: number, WebSocketImpl?: unknown): Open {
  let unanswered: ReturnType<typeof setTimeout> | undefined;
  const client = createSocket({
    url: url.replace(/^http/, "ws"),
    connectionParams: async () => ({ authorization: `Bearer ${await token()}` }),
    retryAttempts: 0, // whoever resumes has another cursor
    keepAlive: silence,
    webSocketImpl: WebSocketImpl,
    on: {
      ping: (received) => received || (unanswered = setTimeout(() => client.terminate(), silence / 2)),
      pong: (received) => received && clearTimeout(unanswered),
      closed: () => clearTimeout(unanswered),
    },
  });
  return (request) => streamed((sink) => client.subscribe(request, sink));
}

/** One request for each. The gateway gives a sign of life every 12 seconds. */
export function overEvents(url: string, token: Token, silence: number): Open {
  const client = createEvents({
    url,
    headers: async () => ({ authorization: `Bearer ${await token()}` }),
    retryAttempts: 0,
    fetchFn: async (address: string, init: RequestInit) => {
      const response = await fetch(address, init);
      return new Response(response.body?.pipeThrough(alive(1.5 * silence, init.signal)), response);
    },
  });
  return (request) => streamed((sink) => client.subscribe(request, sink as Parameters<typeof client.subscribe>[1]));
}

/** Passes on what comes, and fails when nothing does for so many milliseconds while somebody listens. */
function alive(longest: number, signal: RequestInit["signal"]): TransformStream<Uint8Array, Uint8Array> {
  let timer: ReturnType<typeof setTimeout>;
  const restart = (stream: TransformStreamDefaultController<Uint8Array>) => {
    clearTimeout(timer);
    timer = setTimeout(() => stream.error(new Error("The stream is silent.")), longest);
  };
  signal?.addEventListener("abort", () => clearTimeout(timer));
  return new TransformStream({
    start: restart,
    transform: (chunk, stream) => (stream.enqueue(chunk), restart(stream)),
    flush: () => clearTimeout(timer),
  });
}

/** Subscribes at once. The clients' own `iterate` never tells of an end that came while nobody waited for it. */
function streamed(subscribe: (sink: Sink) => () => void): Stream {
  const waiting: Result[] = [];
  let end: { thrown?: unknown } | undefined;
  let wake = () => {};
  const stop = subscribe({
    next: (result) => (waiting.push(result), wake()),
    error: (thrown) => ((end = { thrown }), wake()),
    complete: () => ((end = {}), wake()),
  });
  async function* results(): AsyncGenerator<Result, void> {
    for (;;) {
      for (let next = waiting.shift(); next; next = waiting.shift()) yield next;
      if (end && "thrown" in end) throw end.thrown;
      if (end) return;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  return { results: results(), stop };
}

// Close codes that connecting again would not mend; the gateway's list is in gateway/http/websocket.py.
const OUR_MISTAKES = [4004, 4400, 4401, 4406, 4409, 4429, 4500];
const FORBIDDEN = 4403;

/** What a stream ended with, as one of our errors where it is one. */
export function failure(thrown: unknown): unknown {
  if (Array.isArray(thrown)) return new GraphError(thrown);
  if (thrown instanceof NetworkError) return ofStatus(thrown.response?.status, thrown.message);
  if (thrown instanceof Object && "code" in thrown && "reason" in thrown) return ofClose(thrown.code, thrown.reason);
  // An event: a browser tells no more of a socket that cannot be opened.
  return thrown instanceof Error ? thrown : new UnreachableError("The socket failed.");
}

function ofClose(code: unknown, reason: unknown): Error {
  const told = `${code} ${reason}`.trim();
  if (code === FORBIDDEN) return new RefusedError(told);
  return OUR_MISTAKES.some((each) => each === code) ? new Error(told) : new UnreachableError(told);
}

/** Without a status there was no answer. */
export function ofStatus(status: number | undefined, message: string): Error {
  if (status === 401) return new RefusedError(message);
  return status === undefined || status === 429 || status > 500 ? new UnreachableError(message) : new Error(message);
}
