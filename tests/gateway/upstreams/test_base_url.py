import pytest

from gateway.upstreams.http1.pool import Pool
from tests.support.senders import LIMITS


@pytest.mark.parametrize(
    "base_url",
    [
        "ftp://cms.test",
        "cms.test:5002",
        "http://",
        "http://user:secret@cms.test",
        "http://cms.test?secret=1",
        "http://cms.test:99999",
        "http://cms.tést",
    ],
)
def test_a_base_url_that_cannot_be_used(base_url: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011  what the message may not say is below
        Pool(base_url, LIMITS)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("base_url", "host", "address", "prefix"),
    [
        ("http://cms.test", "cms.test", ("cms.test", 80), ""),
        ("http://cms.test:80/", "cms.test", ("cms.test", 80), ""),
        ("https://cms.test/api/v2/", "cms.test", ("cms.test", 443), "/api/v2"),
        ("https://cms.test:80", "cms.test:80", ("cms.test", 80), ""),
        ("http://[::1]:5002", "[::1]:5002", ("::1", 5002), ""),
    ],
)
def test_what_a_base_url_says(base_url: str, host: str, address: tuple[str, int], prefix: str) -> None:
    made = Pool(base_url, LIMITS)
    assert (made.host, made.address, made.prefix) == (host, address, prefix)
