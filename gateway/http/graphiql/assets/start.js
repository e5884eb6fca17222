"use strict";

// What the page was served with: the query, the headers that hold its token, the nonce of this answer.
const page = JSON.parse(document.getElementById("graphiql-config").textContent);
const headers = Object.keys(page.headers).length ? JSON.stringify(page.headers, null, 2) : "";

// GraphiQL keeps tabs and history in localStorage with the headers of each, and would bring an expired token
// back with them. So headers are never written, and whatever is read has this page's.
const kept = GraphiQL.createLocalStorage({ namespace: "teacher-graph" });
const HOLDING_HEADERS = ["graphiql:tabState", "graphiql:queries", "graphiql:favorites"];
const replaceHeaders = (json, value) => JSON.stringify(JSON.parse(json), (key, old) => (key === "headers" ? value : old));
const storage = {
  __proto__: kept,
  getItem(name) {
    const text = kept.getItem(name);
    if (name === "graphiql:query") return text ?? page.query;
    return text && HOLDING_HEADERS.includes(name) ? replaceHeaders(text, headers) : text;
  },
  setItem(name, text) {
    if (name === "graphiql:headers") return;
    kept.setItem(name, HOLDING_HEADERS.includes(name) ? replaceHeaders(text, null) : text);
  },
};

// The dialogs put this on their style element, which the Content-Security-Policy asks for.
window.__webpack_nonce__ = page.nonce;

const failure = (message) => ({ errors: [{ message }] });

function post(params, headers, accept, signal) {
  // GraphiQL asks for the schema before its headers editor is there.
  const own = headers ?? (params.operationName === "IntrospectionQuery" ? page.headers : {});
  return fetch(location.pathname, {
    method: "POST",
    headers: { Accept: accept, "Content-Type": "application/json", ...own },
    body: JSON.stringify(params),
    signal,
  });
}

async function answer(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return failure(`The gateway answered ${response.status} without JSON: ${text}`);
  }
}

async function ask(params, headers) {
  const response = await post(params, headers, "application/graphql-response+json, application/json").catch(() => null);
  return response ? answer(response) : failure("The gateway does not answer.");
}

// Server-sent events, of which `next` has an answer and `complete` ends the subscription.
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; ; ) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (text + value).split("\n\n");
    text = parts.pop();
    yield* parts.map((part) => part.match(/^event: (\w+)\ndata: (.*)$/m)).filter(Boolean);
  }
}

async function* answers(params, headers, signal) {
  const response = await post(params, headers, "text/event-stream", signal).catch(() => null);
  if (!response?.ok) {
    yield response ? answer(response) : failure("The gateway does not answer.");
    return;
  }
  try {
    for await (const [, name, data] of events(response)) {
      if (name === "complete") return;
      yield JSON.parse(data);
    }
  } catch {
    // Below: either way it was not the gateway that completed it.
  }
  if (!signal.aborted) yield failure("The stream has ended; execute it again.");
}

function listen(params, headers) {
  const stopped = new AbortController();
  const told = answers(params, headers, stopped.signal);
  const iterator = {
    [Symbol.asyncIterator]: () => iterator,
    next: () => told.next(),
    // The generator's own would wait for the next answer.
    return: () => (stopped.abort(), Promise.resolve({ done: true })),
  };
  return iterator;
}

function fetcher(params, { headers, documentAST } = {}) {
  const named = ({ kind, name }) =>
    kind === "OperationDefinition" && (!params.operationName || name?.value === params.operationName);
  const streams = documentAST?.definitions.find(named)?.operation === "subscription";
  return (streams ? listen : ask)(params, headers);
}

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher,
    storage,
    headers,
    defaultHeaders: headers,
    defaultQuery: page.query,
    // To GraphiQL they persist, so that restored tabs get theirs from `storage` above.
    shouldPersistHeaders: true,
    showPersistHeadersSettings: false,
  }),
);
