"""A Kafka cluster in memory, for the tests: a process that holds librdkafka's mock brokers, and does what it is told.

It speaks Kafka's protocol (produce, fetch, groups, offsets), but it stands in for a broker: it keeps nothing, checks
neither the sizes of records nor the sequences of producers, and makes each topic that somebody asks for.
"""

import ctypes
import sys
from collections.abc import Callable
from pathlib import Path

import confluent_kafka

PARTITIONS = 4
_PRODUCER = 0
_ALL = -1


def library() -> ctypes.CDLL:
    """The one that the wheel carries; its Python module has no functions for the mock."""
    [path] = (Path(confluent_kafka.__file__).parents[1] / "confluent_kafka.libs").glob("librdkafka-*.so*")
    found = ctypes.CDLL(str(path))
    for name in ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_mock_cluster_new"):
        getattr(found, name).restype = ctypes.c_void_p
    found.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    return found


class Cluster:
    def __init__(self) -> None:
        self._library = library()
        reason = ctypes.create_string_buffer(512)
        conf = ctypes.c_void_p(self._library.rd_kafka_conf_new())
        owner = self._library.rd_kafka_new(_PRODUCER, conf, reason, len(reason))
        if not owner:
            raise RuntimeError(reason.value.decode())
        self._cluster = ctypes.c_void_p(self._library.rd_kafka_mock_cluster_new(ctypes.c_void_p(owner), 1))
        self._library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, ctypes.c_int32(0))

    @property
    def servers(self) -> str:
        found: bytes = self._library.rd_kafka_mock_cluster_bootstraps(self._cluster)
        return found.decode()

    def down(self) -> None:
        """Ends the connections, and takes no new ones."""
        self._library.rd_kafka_mock_broker_set_down(self._cluster, ctypes.c_int32(_ALL))

    def up(self) -> None:
        self._library.rd_kafka_mock_broker_set_up(self._cluster, ctypes.c_int32(_ALL))

    def latency(self, milliseconds: str) -> None:
        self._library.rd_kafka_mock_broker_set_rtt(self._cluster, ctypes.c_int32(_ALL), int(milliseconds))

    def errors(self, api: str, *codes: str) -> None:
        """The next answers to requests of this kind; 0 is none."""
        given = (ctypes.c_int * len(codes))(*map(int, codes))
        push = self._library.rd_kafka_mock_push_request_errors_array
        push(self._cluster, ctypes.c_int16(int(api)), ctypes.c_size_t(len(codes)), given)

    def topic(self, name: str, partitions: str) -> None:
        self._library.rd_kafka_mock_topic_create(self._cluster, name.encode(), int(partitions), 1)

    def topic_error(self, name: str, code: str) -> None:
        self._library.rd_kafka_mock_topic_set_error(self._cluster, name.encode(), int(code))


def main() -> None:
    cluster = Cluster()
    orders: dict[str, Callable[..., None]] = {
        name: getattr(cluster, name) for name in ("down", "up", "latency", "errors", "topic", "topic_error")
    }
    print(cluster.servers, flush=True)  # noqa: T201
    for line in sys.stdin:
        order, *arguments = line.split()
        orders[order](*arguments)
        print("done", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
