"""An event of a subscription makes just the calls that are planned for each."""

import pytest

from gateway.planning import planned
from gateway.schema import schema
from tests.gateway.live.peers import events
from tests.gateway.live.system import Gateway, Teacher
from tests.support.plans import bound, made

BATCH = "batch { title classInfo { className } essays { totalCount } validation { deviationCount } }"


@pytest.mark.parametrize("name", ["batchUpdated", "teacherUpdates"])
async def test_each_event_costs_what_is_planned(gateway: Gateway, teacher: Teacher, name: str) -> None:
    query = f"subscription {{ {name} {{ cursor {BATCH} }} }}"
    [only] = planned(schema._schema, query)
    batch_id = await teacher.a_batch()
    async with events(gateway.url, teacher.user_id, query) as stream:
        await gateway.subscribed(1)
        for n in range(2):
            await teacher.status(batch_id, n)
            event = await stream.event()
            assert event
            assert event.data["data"][name]["batch"]["essays"] == {"totalCount": 0}
            assert made(only.plan.bill, event.data) == bound(only.plan.bill)
    assert bound(only.plan.bill).total() == 4
