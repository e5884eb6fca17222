// The teacher's dashboard on a terminal: the newest batches, and their rows anew whenever a batch changes.
//
//     node clients/typescript/dist/dashboard.js [seconds] [websocket|events]

import WebSocket from "ws";

import { TeacherGraph } from "./client.js";
import { environment } from "./environment.js";
import {
  BatchUpdatedDocument,
  DashboardDocument,
  type BatchUpdatedSubscription,
  type DashboardQuery,
} from "./generated/graphql.js";

type Row = NonNullable<DashboardQuery["batches"]>["nodes"][number];
type Update = BatchUpdatedSubscription["batchUpdated"];

const [seconds = "30", over = "websocket"] = process.argv.slice(2);
const { url, token } = environment();
const graph = new TeacherGraph({
  url,
  token: () => token,
  over: over === "events" ? "events" : "websocket",
  WebSocket,
});
let rows = new Map<string, Row>();

function shown(row: Row): string {
  const state = row.processingPhase ? `${row.status} (${row.processingPhase})` : row.status;
  const essays = `${row.completedEssays}+${row.failedEssays}/${row.totalEssays}`;
  const named = [row.title ?? "Untitled Batch", row.classInfo?.className ?? "-"];
  return [...named, state, `${row.progress} %`, essays].join(" | ");
}

async function read(): Promise<void> {
  const { data, errors } = await graph.query(DashboardDocument, { first: 20 });
  rows = new Map(data.batches?.nodes.map((row) => [row.batchId, row]));
  for (const row of rows.values()) console.log(shown(row));
  for (const { message, path } of errors) console.error(`${path?.join(".")}: ${message}`);
}

/** Null for a batch of another page. */
function patched({ batchId, batch, cursor: _, at: __, ...changes }: Update): Row | null {
  const row = rows.get(batchId);
  return row ? Object.assign(row, changes, { progress: batch?.progress ?? row.progress }) : null;
}

const signal = AbortSignal.timeout(Number(seconds) * 1000);
for await (const { data } of graph.follow(BatchUpdatedDocument, {}, { signal, begin: read })) {
  const row = patched(data.batchUpdated);
  if (row) console.log(`* ${shown(row)}`);
}
