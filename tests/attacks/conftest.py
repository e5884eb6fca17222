from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from kit import migrations
from tests.attacks.system import Site, site
from tests.support.databases import Databases


@pytest.fixture(scope="package")
async def attacked(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """With databases of its own, since what its services write stays."""
    urls = []
    for name in ("cms", "ras"):
        urls.append(await databases.create(f"attacked_{name}_{uuid4().hex[:12]}"))
        await migrations.upgrade(name, urls[-1])
    async with site(tmp_path_factory.mktemp("attacked"), *urls) as made:
        yield made
