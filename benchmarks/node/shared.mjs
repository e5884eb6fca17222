// What the peers have in common: settings, callers, the two upstreams, and the part of the graph that the dashboard reads.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createVerifier } from 'fast-jwt'
import { Pool } from 'undici'

const env = process.env
export const port = Number(env.BENCH_PORT)
export const host = '127.0.0.1'
export const typeDefs = readFileSync(new URL('./dashboard.graphql', import.meta.url), 'utf8')

// Ends with whoever started it.
process.stdin.resume().on('end', () => process.exit(0))

const verify = createVerifier({
  key: env.BENCH_JWT_SECRET,
  algorithms: ['HS256'],
  allowedAud: 'huleedu-platform',
  allowedIss: 'huleedu-identity-service',
  requiredClaims: ['exp', 'sub'],
  cache: 2000
})

/** Null for whoever has no valid token. */
export function caller(headers) {
  try {
    const { sub } = verify((headers.authorization ?? '').replace(/^Bearer /, ''))
    return { userId: sub, correlationId: headers['x-correlation-id'] ?? randomUUID() }
  } catch {
    return null
  }
}

const options = { connections: 100, pipelining: 1, headersTimeout: 10_000, bodyTimeout: 10_000 }
const ras = new Pool(env.BENCH_RAS_BASE_URL, options)
const cms = new Pool(env.BENCH_CMS_BASE_URL, options)

async function get(pool, path, { userId, correlationId }) {
  const { statusCode, body } = await pool.request({
    method: 'GET',
    path,
    headers: {
      'x-internal-api-key': env.BENCH_INTERNAL_API_KEY,
      'x-service-id': 'gateway',
      'x-user-id': userId,
      'x-correlation-id': correlationId
    }
  })
  if (statusCode !== 200) {
    await body.dump()
    throw new Error(`status ${statusCode}`)
  }
  return body.json()
}

export async function batches({ first, after, status }, caller) {
  const asked = new URLSearchParams({ limit: first, cursors: 'true' })
  if (after) asked.set('after', after)
  for (const each of status ?? []) asked.append('status', each.toLowerCase())
  const page = await get(ras, `/internal/v1/batches/user/${encodeURIComponent(caller.userId)}?${asked}`, caller)
  return {
    nodes: page.batches,
    pageInfo: { hasNextPage: page.pagination.next !== null, endCursor: page.cursors.at(-1) ?? null },
    totalCount: page.pagination.total
  }
}

/** In the order of the ids: for a loader. */
export async function classInfos(batchIds, caller) {
  const found = await get(cms, `/internal/v1/batches/class-info?batch_ids=${batchIds.join(',')}`, caller)
  return batchIds.map((id) => found[id])
}

const done = new Set(['completed_successfully', 'completed_with_failures'])

function progress(batch) {
  if (done.has(batch.overall_status)) return 100
  if (!batch.essay_count) return 0
  return Math.floor((100 * (batch.completed_essay_count + batch.failed_essay_count)) / batch.essay_count)
}

/** Of a batch as RAS tells it; `classInfo` is each peer's own. */
export const Batch = {
  id: (batch) => Buffer.from(`Batch:${batch.batch_id}`).toString('base64'),
  batchId: (batch) => batch.batch_id,
  status: (batch) => batch.overall_status.toUpperCase(),
  processingPhase: (batch) => batch.current_phase?.toUpperCase() ?? null,
  totalEssays: (batch) => batch.essay_count,
  completedEssays: (batch) => batch.completed_essay_count,
  failedEssays: (batch) => batch.failed_essay_count,
  progress,
  createdAt: (batch) => batch.created_at,
  completedAt: (batch) => batch.processing_completed_at
}

export const ClassInfo = { classId: (info) => info.class_id, className: (info) => info.class_name }
