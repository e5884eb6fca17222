import DataLoader from 'dataloader'
import Fastify from 'fastify'
import mercurius from 'mercurius'
import { Batch, ClassInfo, batches, caller, classInfos, host, port, typeDefs } from './shared.mjs'

const app = Fastify()

app.addHook('onRequest', async (request, reply) => {
  request.caller = caller(request.headers)
  if (!request.caller) return reply.code(401).send({ errors: [{ message: 'A valid bearer token is required.' }] })
  reply.header('x-correlation-id', request.caller.correlationId)
})
app.register(mercurius, {
  schema: typeDefs,
  jit: 1,
  // DataLoader, because Mercurius's own loaders write each parent out as JSON for its key and take half as long again.
  context: ({ caller }) => ({ caller, classInfo: new DataLoader((ids) => classInfos(ids, caller)) }),
  resolvers: {
    Query: { batches: (_, asked, context) => batches(asked, context.caller) },
    Batch: { ...Batch, classInfo: (batch, _, context) => context.classInfo.load(batch.batch_id) },
    ClassInfo
  }
})
await app.listen({ host, port })
