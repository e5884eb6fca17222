import { createServer } from 'node:http'
import { useGraphQlJit } from '@envelop/graphql-jit'
import DataLoader from 'dataloader'
import { GraphQLError } from 'graphql'
import { createSchema, createYoga } from 'graphql-yoga'
import { Batch, ClassInfo, batches, caller, classInfos, host, port, typeDefs } from './shared.mjs'

const yoga = createYoga({
  schema: createSchema({
    typeDefs,
    resolvers: {
      Query: { batches: (_, asked, context) => batches(asked, context.caller) },
      Batch: { ...Batch, classInfo: (batch, _, context) => context.classInfo.load(batch.batch_id) },
      ClassInfo
    }
  }),
  plugins: [useGraphQlJit()],
  context: ({ req, res }) => {
    const found = caller(req.headers)
    if (!found) {
      throw new GraphQLError('A valid bearer token is required.', { extensions: { http: { status: 401 } } })
    }
    res.setHeader('x-correlation-id', found.correlationId)
    return { caller: found, classInfo: new DataLoader((ids) => classInfos(ids, found)) }
  },
  graphiql: false,
  landingPage: false,
  logging: false
})
createServer(yoga).listen(port, host)
