// A client of the teacher graph: documents in, their types out.

import type { GraphQLFormattedError } from "graphql";

import { GraphError, RefusedError, UnreachableError } from "./errors.js";
import type { TypedDocumentString } from "./generated/graphql.js";
import { failure, ofStatus, overEvents, overWebSocket, type Open, type Result, type Token } from "./streams.js";

export { GraphError, RefusedError, UnreachableError } from "./errors.js";

/** `errors`: of fields that are null by failure. */
export type Answer<Data> = { data: Data; errors: readonly GraphQLFormattedError[] };

export type Options = {
  /** Of the gateway, without a path. */
  url: string;
  /** Asked for anew whenever it is needed, since tokens expire. */
  token: Token;
  over?: "websocket" | "events";
  /** Milliseconds without a sign of life until a stream is doubted; 20,000 unless told. */
  silence?: number;
  /** Where the platform has no WebSocket, as in Node 20. */
  WebSocket?: unknown;
};

export type Following = {
  signal?: AbortSignal;
  /**
   * Called each time that the stream begins without a cursor: at first, after a drop that came before any update, and
   * when the cursor has expired. What it reads is what the updates then patch.
   */
  begin?: () => Promise<unknown>;
};

type Told = Record<string, { cursor: string }>;
type Resumable = { after?: string | null | undefined };

/** What is asked for: a document by its id, by its text, or by both, so that the gateway may keep it. */
type Asked = { documentId?: string | undefined; query?: string; variables: unknown };

const NOT_KNOWN = "PERSISTED_QUERY_NOT_FOUND";
const NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED";

const LONGEST_PAUSE = 10_000;
/** Milliseconds after which a stream counts as having worked. */
const STEADY = 10_000;

export class TeacherGraph {
  readonly #url: string;
  readonly #token: Token;
  readonly #open: Open;
  /** Whether the gateway takes ids of documents. */
  #ids = true;

  constructor({ url, token, over = "websocket", silence = 20_000, WebSocket }: Options) {
    this.#url = `${url}/graphql`;
    this.#token = token;
    this.#open =
      over === "events"
        ? overEvents(this.#url, token, silence)
        : overWebSocket(this.#url, token, silence, WebSocket);
  }

  /** Throws GraphError, RefusedError or UnreachableError. */
  async query<Data, Variables>(document: TypedDocumentString<Data, Variables>, variables: Variables) {
    return this.#post(document, variables, {});
  }

  /** Pass the same key again to repeat what may have been done: nothing is created twice. Throws as `query`. */
  async mutate<Data, Variables>(
    document: TypedDocumentString<Data, Variables>,
    variables: Variables,
    key: string = crypto.randomUUID(),
  ) {
    return this.#post(document, variables, { "idempotency-key": key });
  }

  /**
   * Every update, once, across drops of the connection: each time it goes on behind the last that was told.
   * Throws GraphError, or RefusedError when a new token is refused as well.
   */
  async *follow<Data extends Told, Variables extends Resumable>(
    document: TypedDocumentString<Data, Variables>,
    variables: Variables,
    { signal, begin }: Following = {},
  ): AsyncGenerator<Answer<Data>, void> {
    let after = variables.after ?? null;
    for (let failures = 0; !signal?.aborted; failures++) {
      const opened = Date.now();
      const { results, stop } = this.#open({ query: document.toString(), variables: { ...variables, after } });
      signal?.addEventListener("abort", stop);
      try {
        if (after === null) await begin?.();
        for await (const result of results) {
          const answer = answered<Data>(result);
          after = Object.values(answer.data)[0]?.cursor ?? after;
          failures = 0;
          yield answer;
        }
        return;
      } catch (thrown) {
        if (Date.now() - opened > STEADY) failures = 0;
        const error = failure(thrown);
        if (begin && hasExpired(error)) after = null;
        else if (!passes(error, failures)) throw error;
      } finally {
        signal?.removeEventListener("abort", stop);
        stop();
      }
      await pause(failures, signal);
    }
  }

  async #post<Data, Variables>(
    document: TypedDocumentString<Data, Variables>,
    variables: Variables,
    headers: Record<string, string>,
  ): Promise<Answer<Data>> {
    const documentId: string | undefined = this.#ids ? document.__meta__?.["hash"] : undefined;
    if (documentId !== undefined) {
      try {
        return await this.#send<Data>({ documentId, variables }, headers);
      } catch (error) {
        if (!(error instanceof GraphError) || ![NOT_KNOWN, NOT_SUPPORTED].some((code) => code === error.code)) throw error;
        if (error.code === NOT_SUPPORTED) this.#ids = false;
      }
    }
    const query = document.toString();
    return this.#send<Data>({ documentId: this.#ids ? documentId : undefined, query, variables }, headers);
  }

  async #send<Data>(asked: Asked, headers: Record<string, string>): Promise<Answer<Data>> {
    const request: RequestInit = {
      method: "POST",
      headers: {
        ...headers,
        accept: "application/graphql-response+json",
        authorization: `Bearer ${await this.#token()}`,
        "content-type": "application/json",
      },
      body: JSON.stringify(asked),
    };
    const response = await fetch(this.#url, request).catch((error: Error) => {
      throw new UnreachableError(error.message, { cause: error });
    });
    const result = await response.json().catch(() => null);
    if (response.status === 401 || result === null) throw ofStatus(response.status, `HTTP ${response.status}`);
    return answered<Data>(result);
  }
}

function answered<Data>({ data, errors = [] }: Result): Answer<Data> {
  if (data === undefined || data === null) throw new GraphError(errors);
  return { data: data as Data, errors };
}

function hasExpired(error: unknown): boolean {
  return error instanceof GraphError && error.code === "CURSOR_EXPIRED";
}

/** Whether the stream may be opened again. A token may have expired, but two in a row have not. */
function passes(error: unknown, failures: number): boolean {
  if (error instanceof RefusedError) return failures === 0;
  return error instanceof UnreachableError || (error instanceof GraphError && error.retryable);
}

/** Longer each time, and of random length, so that not everybody returns at once. */
async function pause(failures: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) return;
  const longest = Math.min(LONGEST_PAUSE, 250 * 2 ** failures);
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, longest * (0.5 + Math.random() / 2));
    signal?.addEventListener("abort", done);
  });
}
