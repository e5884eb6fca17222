"""What things cost. docs/graphql.md says the same in words.

Weights are tenths of what is told, so that they add up exactly.
"""

TENTHS = 10
LEAF = 5
"""A field without fields of its own: a scalar, an enum, or a list of them however long."""
OBJECT = 10
"""The value of any other field, and each item of a list of objects."""
INTROSPECTED = 4
"""An object below `__schema` or `__type`; its leaves cost nothing."""
READ = 100
"""An upstream call, which a field makes once for all of its parents."""
KEY = 10
"""What one call reads: a parent's page, or an object by its key."""
CHANGE = 500
"""A field of the mutation: a transaction in a service, beside what it reads."""
ITEMS = 5
"""Of a list that no argument sizes."""
INTROSPECTED_ITEMS = {"types": 64, "fields": 4}
"""Of the lists of introspection, about as the graph has them; the others hold an item, if any."""
