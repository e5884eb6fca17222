"""Dead letters as records: what came, as it came, with the reason and where it was."""

from collections.abc import Mapping

from aiokafka import ConsumerRecord  # type: ignore[import-untyped]

from kit.events.kafka.producer import Record

_REASON = "dead_letter_reason"
_GROUP = "dead_letter_group"


def place(record: ConsumerRecord) -> dict[str, str]:
    """Where the record was, as headers."""
    return {
        "dead_letter_topic": record.topic,
        "dead_letter_partition": str(record.partition),
        "dead_letter_offset": str(record.offset),
    }


def told(record: ConsumerRecord) -> Mapping[str, str]:
    """The record's headers and its place, as PostgreSQL takes text; of a header that is there twice, the last."""
    headers = {key: (value or b"").decode(errors="replace") for key, value in record.headers}
    return {key.replace("\0", ""): value.replace("\0", "") for key, value in (headers | place(record)).items()}


def letter(topic: str, record: ConsumerRecord, reason: str, group: str, *, whole: bool = True) -> Record:
    """`whole`: with the value."""
    added = {_REASON: reason, **place(record), _GROUP: group}
    headers = (*record.headers, *((key, value.encode(errors="replace")) for key, value in added.items()))
    return Record(topic, record.key, record.value if whole else None, headers)
