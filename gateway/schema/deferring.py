"""What the graph says of @defer. Its @stream is left out: items that come one by one would be read one by one."""

from graphql import GraphQLArgument, GraphQLDeferDirective, GraphQLDirective

DEFER = GraphQLDirective(
    GraphQLDeferDirective.name,
    GraphQLDeferDirective.locations,
    {
        "if": GraphQLArgument(
            GraphQLDeferDirective.args["if"].type, default_value=True, description="Nothing is deferred when false."
        ),
        "label": GraphQLArgument(
            GraphQLDeferDirective.args["label"].type, description="Names the part, uniquely in the operation."
        ),
    },
    description="The fragment may come in a later part of the answer, to a client that accepts `multipart/mixed`. "
    "For any other it is in the answer like everything else.",
)
