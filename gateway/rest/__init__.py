"""REST answers made from documents of the graph and projections: there is no class of an answer to write or to keep.

`documents/` holds a `.graphql` document and a `.toml` description for each path. `description` reads them, `parameters`
makes a request into the document's variables, `selection` knows the types of what the document selects, `projection`
makes the graph's answer into the REST answer and its schema, `endpoint` and `routes` serve them.
"""
