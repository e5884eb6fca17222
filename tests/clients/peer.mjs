// The npm clients, told by lines of JSON on standard input what to do; what they hear goes out the same way.
// `operate` is the client of the protocol as it is; `follow` is ours above it.

import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";

import { createClient as createEvents } from "graphql-sse";
import { createClient as createSocket } from "graphql-ws";
import WebSocket from "ws";

import { TeacherGraph } from "./dist/client.js";
import { TypedDocumentString } from "./dist/generated/graphql.js";

const { GATEWAY_URL, OVER } = process.env;
const tokens = process.env.TOKENS.split(" ");
const token = () => (tokens.length > 1 ? tokens.shift() : tokens[0]);
const silence = Number(process.env.SILENCE);
const graph = new TeacherGraph({ url: GATEWAY_URL, token, over: OVER, silence, WebSocket });

const url = `${GATEWAY_URL}/graphql`;
const authorization = () => ({ authorization: `Bearer ${tokens[0]}` });
const client =
  OVER === "events"
    ? createEvents({ url, headers: authorization, retryAttempts: 0 })
    : createSocket({
        url: url.replace("http", "ws"),
        connectionParams: authorization,
        webSocketImpl: WebSocket,
        retryAttempts: 0,
      });

const tell = (message) => console.log(JSON.stringify(message));
const told = ({ name, message, code, reason }) => ({ name, message, code, reason });
const stops = new Map();

function opened({ id, does, query, variables, seconds }) {
  if (does === "operate") {
    const stream = client.iterate({ query, variables });
    stops.set(id, () => stream.return());
    return stream;
  }
  const stop = new AbortController();
  stops.set(id, () => stop.abort());
  const begin = async () => {
    tell({ id, begin: true });
    await setTimeout(seconds * 1000);
  };
  return graph.follow(new TypedDocumentString(query), variables, { signal: stop.signal, begin });
}

async function run(command) {
  const { id } = command;
  try {
    for await (const answer of opened(command)) tell({ id, answer });
    tell({ id, end: null });
  } catch (error) {
    tell({ id, end: Array.isArray(error) ? error : told(error) });
  }
}

for await (const line of createInterface(process.stdin)) {
  const command = JSON.parse(line);
  if (command.does === "stop") stops.get(command.id)();
  else void run(command);
}
process.exit();
