// The server audits of the npm package graphql-http, each as a line of JSON.

import { serverAudits } from "graphql-http";

const { GATEWAY_URL, TOKEN } = process.env;
const authorization = { authorization: `Bearer ${TOKEN}` };

const fetchFn = (url, init = {}) => fetch(url, { ...init, headers: { ...init.headers, ...authorization } });

for (const audit of serverAudits({ url: `${GATEWAY_URL}/graphql`, fetchFn })) {
  const { id, name, status, reason } = await audit.fn();
  console.log(JSON.stringify({ id, name, status, reason }));
}
