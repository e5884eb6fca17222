"""Kafka's brokers in memory, a process of its own: librdkafka's mock, which the wheel of confluent-kafka carries.

It says where it listens. It speaks Kafka's protocol, but keeps nothing on a disk: what it costs is less than a broker.
"""

import ctypes
import signal
from pathlib import Path

import confluent_kafka

from benchmarks.processes import end_with_parent

_PRODUCER = 0
_BROKERS = 1


def main() -> None:
    end_with_parent(signal.SIGKILL)
    [path] = (Path(confluent_kafka.__file__).parents[1] / "confluent_kafka.libs").glob("librdkafka-*.so*")
    library = ctypes.CDLL(str(path))
    for name in ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_mock_cluster_new"):
        getattr(library, name).restype = ctypes.c_void_p
    library.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    reason = ctypes.create_string_buffer(512)
    conf = ctypes.c_void_p(library.rd_kafka_conf_new())
    # Its log would tell that it has no brokers.
    library.rd_kafka_conf_set(conf, b"log_level", b"0", reason, ctypes.c_size_t(len(reason)))
    owner = library.rd_kafka_new(_PRODUCER, conf, reason, ctypes.c_size_t(len(reason)))
    if not owner:
        raise RuntimeError(reason.value.decode())
    cluster = ctypes.c_void_p(library.rd_kafka_mock_cluster_new(ctypes.c_void_p(owner), _BROKERS))
    servers: bytes = library.rd_kafka_mock_cluster_bootstraps(cluster)
    print(servers.decode(), flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
