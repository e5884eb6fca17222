"""Documents that are hard to read."""

from tests.attacks.documents import many
from tests.attacks.wording import INVALID, VIEWER, Attack, Table, answered, asked, refused

_SYNTAX = "Syntax Error"


def searching(literal: str) -> str:
    return f"{{ students(search: {literal}) {{ totalCount }} }}"


WRONG: Table = refused(
    {
        "nothing": ("", "query is required"),
        "blanks": (" \t\n,,,", _SYNTAX),
        "a comment": ("# nothing", _SYNTAX),
        "thirty thousand comments": ("#\n" * 30_000 + VIEWER, "more than 1000 tokens"),
        "NUL": ("{ viewer\0 { userId } }", _SYNTAX),
        "full-width braces": ("｛ viewer ｝", _SYNTAX),
        "a letter from elsewhere": ("{ vi\u0435wer { userId } }", _SYNTAX),
        "a blank of no width": ("{ vie\u200bwer { userId } }", _SYNTAX),
        "a blank that does not break": ("{ viewer\u00a0{ userId } }", _SYNTAX),
        "text from right to left": ("{ \u202eresreiv { userId } }", _SYNTAX),
        "an emoji": ("{ 💥 }", _SYNTAX),
        "half a surrogate": ("{ viewer { userId } } \ud800", "query must be text without lone surrogates"),
        "half a surrogate in a text": (searching('"\\uD800"'), _SYNTAX),
        "the second half first": (searching('"\\uDC00\\uD800"'), _SYNTAX),
        "a character beyond all": (searching('"\\u{110000}"'), _SYNTAX),
        "a character of a thousand digits": (searching(f'"\\u{{{"F" * 1000}}}"'), _SYNTAX),
        "an escape that is none": (searching('"\\x41"'), _SYNTAX),
        "a text without end": (searching('"' + "a" * 60_000), _SYNTAX),
        "a block without end": (searching('"""' + "a\n" * 30_000), _SYNTAX),
        "a text over two lines": (searching('"a\nb"'), _SYNTAX),
        "a number with a zero before": ("{ batches(first: 007) { totalCount } }", _SYNTAX),
        "a number with a name behind": ("{ batches(first: 1x) { totalCount } }", _SYNTAX),
        "a number of sixty thousand digits": (f"{{ batches(first: {'9' * 60_000}) {{ totalCount }} }}", "first"),
        "a number below all": (f"{{ batches(first: -{'9' * 4500}) {{ totalCount }} }}", "first"),
        "a number beyond 32 bits": ("{ batches(first: 2147483648) { totalCount } }", "first"),
        "a fraction": ("{ batches(first: 1.0) { totalCount } }", "first"),
        "a number with a huge exponent": ("{ batches(first: 1e999999999) { totalCount } }", "first"),
        "a number in a text": ('{ batches(first: "1") { totalCount } }', "first"),
        "an enum in a text": ('{ batches(status: ["READY"]) { totalCount } }', "status"),
        "an enum that is none": ("{ batches(status: [DROP_TABLE]) { totalCount } }", "status"),
        "a list of lists": (f"{{ batches(status: {'[' * 150}READY{']' * 150}) {{ totalCount }} }}", "status"),
        "an object of objects": (
            f"mutation {{ createClass(input: {'{name: ' * 150}1{'}' * 150}) {{ userErrors {{ code }} }} }}",
            "input",
        ),
        "an object with a field twice": (
            'mutation { createClass(input: {name: "a", name: "b", courseCode: SV1}) { userErrors { code } } }',
            "only one input field named",
        ),
        "an argument twice": ("{ batches(first: 1, first: 2) { totalCount } }", "only one argument named"),
        "arguments that are not there": (f"{{ viewer({many('a#: 1', 200, ',')}) {{ userId }} }}", "only 10 are told"),
        "an argument with a long name": (f"{{ viewer({'a' * 60_000}: 1) {{ userId }} }}", "Unknown argument"),
        "a field with a long name": (f"{{ {'a' * 60_000} }}", "Cannot query field"),
        "a variable with a long name": (f"{{ batches(first: ${'a' * 60_000}) {{ totalCount }} }}", "Variable '$aaa"),
        "an operation with a long name": (f"query {'a' * 60_000} {{ b }}", "Cannot query field"),
        "variables that nobody uses": (f"query ({many('$a#: Int', 200)}) {VIEWER}", "never used"),
        "a variable twice": ("query ($a: Int, $a: Int) { batches(first: $a) { totalCount } }", "only one variable"),
        "a variable of an output type": ("query ($a: Batch) { batches(first: $a) { totalCount } }", "non-input type"),
        "a variable of another type": ("query ($a: String) { batches(first: $a) { totalCount } }", "expecting type"),
        "a default of another type": ("query ($a: Int = []) { batches(first: $a) { totalCount } }", "Int"),
        "a schema": ("type Query { secrets: String }", "not executable"),
        "a schema behind a query": (f"{VIEWER} extend type Query {{ secrets: String }}", "not executable"),
        "a directive's definition": (f"{VIEWER} directive @exec on FIELD", "not executable"),
        "two operations without a name": (f"{VIEWER} {VIEWER}", "only defined operation"),
        "two operations of one name": (f"query a {VIEWER} query a {VIEWER}", "only one operation named"),
        "two operations, and none is chosen": (f"query a {VIEWER} query b {VIEWER}", "operation name"),
        "a subscription of two": ("subscription { teacherUpdates { at } batchUpdated { at } }", "only one top level"),
        "a subscription of itself": ("subscription { __typename }", "introspection"),
        "another kind of operation": (f"live {VIEWER}", _SYNTAX),
        "fragments alone": ("fragment a on Teacher { userId }", "never used"),
        "only closing braces": ("}" * 60_000, _SYNTAX),
        "dots": ("." * 60_000, _SYNTAX),
        "bangs": (f"query ($a: Int{'!' * 900}) {VIEWER}", _SYNTAX),
        "ampersands": ("&" * 60_000, _SYNTAX),
        "deferred twice under one label": (
            '{ viewer { ... @defer(label: "a") { userId } ... @defer(label: "a") { orgId } } }',
            "label",
        ),
        "deferred under a variable": ("query ($a: String) { viewer { ... @defer(label: $a) { userId } } }", "label"),
        "deferred roots of a mutation": (
            "mutation { ... @defer { deleteClass(input: {id: 1}) { deletedId } } }",
            "efer",
        ),
        "a stream that is not there": ("{ batches { nodes @stream(initialCount: 0) { id } } }", "Unknown directive"),
    }
)

READABLE: Table = answered(
    {
        "sixty thousand commas": (VIEWER + "," * 60_000, '"userId":"attacker-'),
        "sixty thousand blanks": (" " * 60_000 + VIEWER, '"userId":"attacker-'),
        "comments to the limit": ("#\n" * 900 + VIEWER, '"userId":"attacker-'),
        "an empty selection": ("{}", '{"data":{}}'),
        "thirty thousand lines": (VIEWER + "\r\n" * 30_000, '"userId":"attacker-'),
        "a byte order mark": ("\ufeff" + VIEWER, '"userId":"attacker-'),
        "byte order marks": ("\ufeff" * 40_000 + VIEWER, '"userId":"attacker-'),
        "a block of many lines": (searching('"""' + " \n" * 25_000 + '"""'), '"totalCount":0'),
        "a block of indented lines": (searching('"""' + f"{' ' * 240}\n" * 250 + ' b"""'), '"totalCount":0'),
        "text from right to left in a text": (searching('"\u202e\u2066"'), '"totalCount":0'),
    }
)

SEARCHED: Table = {
    "NUL in a text": Attack(asked(searching('"a\0"')), 200, INVALID, "search must be"),
    "NUL, escaped": Attack(asked(searching('"\\u0000"')), 200, INVALID, "search must be"),
    "a long text": Attack(asked(searching('"' + "a" * 60_000 + '"')), 200, INVALID, "at most 100 characters"),
    "a text of escapes": Attack(asked(searching('"' + "\\u0061" * 10_000 + '"')), 200, INVALID, "at most 100"),
}

NAMED: Table = {
    "an operation that is not there": Attack(asked(f"query a {VIEWER}", operationName="b"), 400, INVALID, "b"),
    "an operation called like a prototype": Attack(asked(VIEWER, operationName="__proto__"), 400, INVALID),
    "an operation with half a surrogate": Attack(asked(VIEWER, operationName="\ud800"), 400, INVALID),
    "an operation with a very long name": Attack(asked(VIEWER, operationName="a" * 200_000), 400, INVALID),
    "a subscription without a stream": Attack(asked("subscription { teacherUpdates { at } }"), 406, "NOT_ACCEPTABLE"),
}

ATTACKS: Table = {**WRONG, **READABLE, **SEARCHED, **NAMED}
