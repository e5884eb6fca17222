import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import DataLoader from 'dataloader'
import { GraphQLError } from 'graphql'
import { Batch, ClassInfo, batches, caller, classInfos, host, port, typeDefs } from './shared.mjs'

const server = new ApolloServer({
  typeDefs,
  resolvers: {
    Query: { batches: (_, asked, context) => batches(asked, context.caller) },
    Batch: { ...Batch, classInfo: (batch, _, context) => context.classInfo.load(batch.batch_id) },
    ClassInfo
  },
  introspection: false
})

await startStandaloneServer(server, {
  listen: { host, port },
  context: async ({ req, res }) => {
    const found = caller(req.headers)
    if (!found) {
      throw new GraphQLError('A valid bearer token is required.', { extensions: { http: { status: 401 } } })
    }
    res.setHeader('x-correlation-id', found.correlationId)
    return { caller: found, classInfo: new DataLoader((ids) => classInfos(ids, found)) }
  }
})
