"""The same for schemas whose operations are large, and take several times as long."""

import pytest

from tests.gateway.executor import nastier, nasty
from tests.gateway.executor.drawing import check


@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore:coroutine '(GraphQLCoreConverter|Executor)\\.:RuntimeWarning")
@pytest.mark.parametrize("late", [0, 0.1], ids=["at once", "awaited"])
@pytest.mark.parametrize(("root", "share"), [(nasty.Nullability, 0.04), (nastier.Tree, 0.02)])
def test_operations_at_random(root: type, share: float, late: float) -> None:
    check(root, late, share)
