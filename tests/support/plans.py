"""What a plan says of a document, beside the calls that were really made for it."""

import re
from collections import Counter
from typing import Any

from gateway.bounds import Bill
from gateway.costs import Read
from gateway.planning import planned
from gateway.schema import schema

Called = Counter[str]
"""By service, methods and template."""


def bill_of(query: str, **variables: Any) -> Bill:
    """Of a document with one operation."""
    [only] = planned(schema._schema, query, given=variables)
    return only.plan.bill


def bound(bill: Bill) -> Called:
    return Counter({_named(read, bill): calls for read, calls in bill.calls.items() if calls})


def made(bill: Bill, answer: dict[str, Any]) -> Called:
    """What the plan does not have is there under its path."""
    return Counter(_known(bill, **each) for each in answer["extensions"]["upstream"])


def exceeded(bill: Bill, answer: dict[str, Any]) -> Called:
    """The calls that were more than the plan says."""
    return made(bill, answer) - bound(bill)


def _named(read: Read, bill: Bill) -> str:
    return f"{read.service} {read.methods(bill.keys[read])} {read.path}"


def _known(bill: Bill, *, service: str, method: str, path: str, **_: Any) -> str:
    for read in bill.calls:
        template = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(read.path))
        methods = read.methods(bill.keys[read]).split(" or ")
        if read.service == service and method in methods and re.fullmatch(template, path):
            return _named(read, bill)
    return f"{service} {method} {path}"
