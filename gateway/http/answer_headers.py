"""What browsers and caches are told with every answer, unless the answer says it itself."""

DEFAULTS = (
    # A teacher's answers are no one else's. What is anybody's, as GraphiQL's files are, says so.
    (b"cache-control", b"no-store"),
    (b"vary", b"Accept, Authorization, Origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
