"""What a plan answers is what graphql-core answers: data, order, errors, paths and places."""

import pytest

from tests.gateway.executor import nastier, nasty
from tests.gateway.executor.drawing import check

ROOTS = [nasty.Abstract, nasty.Resolved, nasty.Bulked, nastier.Asked]


# A machine that does more than one thing at a time takes longer than other tests may.
@pytest.mark.timeout(600)
# graphql-core itself leaves what it cancels before it begins.
@pytest.mark.filterwarnings("ignore:coroutine '(GraphQLCoreConverter|Executor)\\.:RuntimeWarning")
@pytest.mark.parametrize("late", [0, 0.1], ids=["at once", "awaited"])
@pytest.mark.parametrize("root", ROOTS, ids=lambda root: root.__name__)
def test_operations_at_random(root: type, late: float) -> None:
    check(root, late, 0.07)
