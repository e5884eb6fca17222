// What can go wrong, as a program tells it apart.

import type { GraphQLFormattedError } from "graphql";

/** The gateway refused the operation, or failed at it. Codes and what they mean: docs/errors.md. */
export class GraphError extends Error {
  override readonly name = "GraphError";

  constructor(readonly errors: readonly GraphQLFormattedError[]) {
    super(errors.map(({ message }) => message).join(" ") || "The answer holds neither data nor errors.");
  }

  get code(): unknown {
    return this.errors[0]?.extensions?.["code"];
  }

  /** Whether the same operation may succeed later. */
  get retryable(): boolean {
    return this.errors.length > 0 && this.errors.every(({ extensions }) => extensions?.["retryable"] === true);
  }
}

/** The token was refused, or has expired. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
}

/** The gateway cannot be reached, or broke off. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
}
