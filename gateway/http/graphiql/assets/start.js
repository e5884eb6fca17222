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

async function ask(params, { headers } = {}) {
  // GraphiQL asks for the schema before its headers editor is there.
  const own = headers ?? (params.operationName === "IntrospectionQuery" ? page.headers : {});
  const request = {
    method: "POST",
    headers: {
      Accept: "application/graphql-response+json, application/json",
      "Content-Type": "application/json",
      ...own,
    },
    body: JSON.stringify(params),
  };
  const response = await fetch(location.pathname, request).catch(() => null);
  if (!response) return failure("The gateway does not answer.");
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return failure(`The gateway answered ${response.status} without JSON: ${text}`);
  }
}

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher: ask,
    storage,
    headers,
    defaultHeaders: headers,
    defaultQuery: page.query,
    // To GraphiQL they persist, so that restored tabs get theirs from `storage` above.
    shouldPersistHeaders: true,
    showPersistHeadersSettings: false,
  }),
);
