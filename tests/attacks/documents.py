"""Documents that are too much of something."""

from tests.attacks.wording import INVALID, VIEWER, Attack, Table, answered, asked, refused

INTROSPECTION = "may not ask for __schema or __type: introspection is off here"
_COUNT = "{ totalCount }"


def many(text: str, times: int, between: str = " ") -> str:
    """`#` is its number."""
    return between.join(text.replace("#", str(each)) for each in range(times))


def nested(levels: int, name: str = "batch") -> str:
    return f"{{ {name} " * (levels - 1) + "{ id }" + "}" * (levels - 1)


def doubling(levels: int, inside: str = "id") -> str:
    """Each fragment spreads the next twice: 2 to the power of `levels`."""
    chain = many("fragment f# on Batch { ...g# ...g# }", levels)
    for each in range(levels):
        chain = chain.replace(f"g{each} ", f"f{each + 1} ")
    return f'{{ batch(id: "1") {{ ...f0 }} }} {chain} fragment f{levels} on Batch {{ {inside} }}'


def ring(length: int) -> str:
    links = " ".join(f"fragment f{each} on Batch {{ ...f{(each + 1) % length} }}" for each in range(length))
    return f'{{ batch(id: "1") {{ ...f0 }} }} {links}'


def inline(levels: int) -> str:
    return "{ viewer { " + "... on Teacher { " * levels + "userId" + " }" * levels + " } }"


def by_fragments(levels: int) -> str:
    chain = "".join(f"fragment f{each} on Batch {{ batch {{ ...f{each + 1} }} }} " for each in range(levels))
    return f'{{ batch(id: "1") {{ ...f0 }} }} {chain} fragment f{levels} on Batch {{ id }}'


SHAPES: Table = refused(
    {
        "eleven levels": (nested(11), "query has 11 levels of fields; at most 10 are allowed"),
        "hundred levels": (nested(100), "levels of fields; at most 10"),
        "three hundred levels": (nested(300), "query"),
        "nine thousand levels": (nested(9_000, "a"), "nested too deeply"),
        "braces alone": ("{" * 60_000, "Syntax Error"),
        "brackets alone": ("{ viewer(a: " + "[" * 60_000, "nested too deeply"),
        "types of types": (f"query ($a: {'[' * 60_000}", "query"),
        "levels in fragments": (by_fragments(12), "levels of fields; at most 10"),
        "levels in inline fragments": (inline(60), "60 fragment spreads; at most 50"),
        "inline fragments without end": (inline(2_000), "nested too deeply"),
        "aliases": (f"{{ viewer {{ {many('a#: userId', 31)} }} }}", "31 aliases; at most 30"),
        "aliases of roots": (f"{{ {many('a#: viewer { userId }', 31)} }}", "31 aliases; at most 30"),
        "aliases in fragments": (doubling(5, "a: id"), "32 aliases; at most 30"),
        "roots": (f"{{ {many('__typename', 21)} }}", "21 root fields; at most 20"),
        "roots in fragments": (
            f"{{ ...a ...a ...a }} fragment a on Query {{ {many('__typename', 7)} }}",
            "21 root fields; at most 20",
        ),
        "roots of a mutation": (
            f"mutation {{ {many('deleteClass(input: {id: 1}) { deletedId }', 21)} }}",
            "21 root fields; at most 20",
        ),
        "directives": (f"{{ viewer {{ userId {many('@include(if: true)', 31)} }} }}", "31 directives; at most 30"),
        "directives of the operation": (f"query {many('@a', 40)} {VIEWER}", "40 directives; at most 30"),
        "directives of variables": (f"query ($a: Int {many('@a', 40)}) {VIEWER}", "40 directives; at most 30"),
        "directives of fragments": (doubling(5, "id @skip(if: false)"), "32 directives; at most 30"),
        "fragments": (f"{VIEWER} {many('fragment f# on Batch { id }', 51)}", "51 fragments; at most 50"),
        "spreads": (f"{{ viewer {{ {many('... { userId }', 51)} }} }}", "51 fragment spreads; at most 50"),
        "spreads of spreads, 2 to the 20": (doubling(20), "1,000,000 or more fragment spreads"),
        "spreads of spreads, 2 to the 45": (doubling(45), "1,000,000 or more fragment spreads"),
        "tokens": (f"{{ viewer {{ {many('userId', 1000)} }} }}", "contains more than 1000 tokens"),
        "characters": (f"{{ viewer {{ userId }} }}{' ' * 65_536}", "characters; at most 65,536"),
        "a name of a million letters": ("{ " + "a" * 200_000 + " }", "characters; at most 65,536"),
        "a deferred part in each of many": (
            f"{{ viewer {{ {many('... @defer { userId }', 31)} }} }}",
            "31 directives; at most 30",
        ),
        "operations": (many("query q# { viewer { userId } }", 400), "contains more than 1000 tokens"),
    }
)

CYCLES: Table = refused(
    {
        "a fragment in itself": (ring(1), "within itself"),
        "two fragments in one another": (ring(2), "within itself"),
        "a ring of fifty fragments": (ring(49), "within itself"),
        "a fragment in itself twice": (
            '{ batch(id: "1") { ...f } } fragment f on Batch { a: essays { totalCount } ...f b: id ...f }',
            "within itself",
        ),
        "a fragment that is not there": ("{ viewer { ...nowhere } }", "Unknown fragment"),
        "many fragments that are not there": (f"{{ viewer {{ {many('...f#', 45)} }} }}", "only 10 are told"),
        "a fragment twice": (
            "{ viewer { ...f } } fragment f on Teacher { userId } fragment f on Teacher { orgId }",
            "only one fragment named",
        ),
        "fragments that nobody spreads": (f"{VIEWER} {many('fragment f# on Teacher { userId }', 40)}", "never used"),
        "a fragment on a value": ("{ viewer { userId { ...f } } } fragment f on String { length }", "String"),
        "a fragment of nothing": ("{ viewer { ...f } } fragment f on Nothing { a }", "Unknown type"),
        "a fragment of another type": ("{ viewer { ... on Batch { id } } }", "can never be of type"),
        "a fragment called on": ("{ viewer { ...on } } fragment on on Teacher { userId }", "Syntax Error"),
    }
)

MERGING: Table = refused(
    {
        "a name nine hundred times": (f"{{ viewer {{ {many('__typename', 900)} }} }}", "more than 10,000 comparisons"),
        "arguments that differ": (
            f"{{ {many(f'batches(first: #) {_COUNT}', 20)} }}",
            "they have differing arguments",
        ),
        "fields that differ under one name": (f"{{ viewer {{ {many('a: userId a: orgId', 15)} }} }}", "conflict"),
        "pairs in pairs": (
            f"{{ viewer {{ credits {{ {many('__typename', 300)} }} {many('credits { __typename }', 150)} }} }}",
            "comparisons",
        ),
        "fragments against fragments": (
            "{ viewer { "
            + many("...f#", 24)
            + " } } "
            + many("fragment f# on Teacher { __typename " + "userId orgId " * 8 + "}", 24),
            "comparisons",
        ),
    }
)

ASKING: Table = refused(
    {
        "the whole schema": ("{ __schema { types { name fields { name args { name } } } } }", INTROSPECTION),
        "a type": ('{ __type(name: "Query") { name } }', INTROSPECTION),
        "a type under another name": ('{ a: __type(name: "Query") { name } }', INTROSPECTION),
        "the schema in a fragment": ("{ ...f } fragment f on Query { __schema { queryType { name } } }", INTROSPECTION),
        "the schema when it is skipped": ("{ __schema @skip(if: true) { queryType { name } } }", INTROSPECTION),
        "the schema by a mutation": ("mutation { __schema { queryType { name } } }", INTROSPECTION),
        "types of types of types": (
            '{ __type(name: "Q") { fields { ' + "type { fields { " * 40 + "name" + " } }" * 40 + " } } }",
            INTROSPECTION,
        ),
        "nearly a field": ("{ viewr { userId } }", "Cannot query field 'viewr' on type 'Query'.\""),
        "nearly an argument": ("{ batches(frist: 1) { totalCount } }", "Unknown argument 'frist'"),
        "nearly a type": ("{ viewer { ... on Techer { userId } } }", "Unknown type 'Techer'.\""),
        "a prototype": ("{ __proto__ { constructor } }", "Cannot query field"),
        "a class of Python": ("{ viewer { __class__ __dict__ __init__ } }", "Cannot query field"),
        "a directive that is not there": ('{ viewer { userId @exec(command: "id") } }', "Unknown directive"),
        "a field without its fields": ("{ viewer }", "must have a selection of subfields"),
    }
)

COSTS: Table = refused(
    {
        "pages in pages": (
            "{ batches(first: 100) { nodes { essays(first: 100) { nodes { id } } } } }",
            "as estimated; at most 5,000",
        ),
        "pages in pages in pages": (
            "{ classes(first: 100) { nodes { students(first: 100) { nodes { essays { totalCount } } } } } }",
            "as estimated; at most 5,000",
        ),
        "pages by default": (
            "{ classes { nodes { students { nodes { essays { nodes { id } } } } } } }",
            "as estimated; at most 5,000",
        ),
        "a negative page": (
            (
                "{ a: batches(first: -100) { totalCount } b: batches(first: 100) { ...f } }"
                " fragment f on BatchConnection { nodes { essays(first: 100) { nodes { id } } } }"
            ),
            "as estimated; at most 5,000",
        ),
        "many pages": (f"{{ {many('a#: batches(first: 100) { nodes { id title status } }', 20)} }}", "at most 5,000"),
        "pages of nodes": (
            (
                f"{{ nodes(ids: [{many('1', 100, ',')}]) {{ ... on SchoolClass {{ ...f }} }} }} "
                "fragment f on SchoolClass { students(first: 100) { nodes { id firstName lastName } } }"
            ),
            "at most 5,000",
        ),
    }
) | {
    "the cost hidden in a default": Attack(
        asked("query ($n: Int = 100) { batches(first: $n) { nodes { essays(first: $n) { nodes { id } } } } }"),
        400,
        INVALID,
        "at most 5,000",
    ),
    "the cost hidden in a variable": Attack(
        asked(
            "query ($n: Int) { batches(first: $n) { nodes { essays(first: $n) { nodes { id } } } } }",
            variables={"n": 100},
        ),
        400,
        INVALID,
        "at most 5,000",
    ),
}

HARMLESS: Table = answered(
    {
        "fragments to the limit": (inline(50), '"userId":"attacker-'),
        "roots to the limit": (f"{{ {many('__typename', 20)} }}", '{"data":{"__typename":"Query"}}'),
        "aliases to the limit": (f"{{ viewer {{ {many('a#: userId', 30)} }} }}", '"a29":"attacker-'),
        "deferred, and the client knows nothing of it": (
            f"{{ viewer {{ {many('... @defer { userId }', 30)} }} }}",
            '"userId":"attacker-',
        ),
        "skipped and included": ("{ viewer { userId @skip(if: true) @include(if: true) } }", '{"data":{"viewer":{}}}'),
    }
)

ATTACKS: Table = {**SHAPES, **CYCLES, **MERGING, **ASKING, **COSTS, **HARMLESS}
