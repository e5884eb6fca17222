"""The migrations make the very database that the models describe."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from tests.migrations.catalog import catalog
from tests.migrations.histories import CMS, RAS, History, connect

VOCABULARY = {
    CMS.name: {
        "course_code": ["ENG5", "ENG6", "ENG7", "SV1", "SV2", "SV3"],
        "language": ["en", "sv"],
        "association_status": ["pending_validation", "confirmed", "rejected", "timeout_confirmed"],
        "association_method": ["human", "timeout", "auto"],
        "update_type": [
            "class_created",
            "student_added_to_class",
            "student_matching_confirmation_required",
            "student_associations_confirmed",
            "validation_timeout_processed",
        ],
    },
    RAS.name: {
        "batch_type": ["regular", "guest"],
        "batch_state": [
            "awaiting_content_validation",
            "awaiting_pipeline_configuration",
            "awaiting_student_validation",
            "student_validation_completed",
            "validation_timeout_processed",
            "ready_for_pipeline_execution",
            "processing_pipelines",
            "content_ingestion_failed",
            "cancelled",
            "completed_successfully",
            "completed_with_failures",
            "failed_critically",
        ],
        "phase_name": ["student_matching", "spellcheck", "nlp", "cj_assessment", "ai_feedback"],
        "processing_stage": ["pending", "initialized", "processing", "completed", "failed", "cancelled"],
        "update_type": ["batch_status_updated", "batch_results_ready"],
    },
}

INDEXES = {
    CMS.name: {
        "essay_student_associations_batch_idx": "(batch_id, created_at, essay_id) "
        "INCLUDE (class_id, validation_status)",
        "essay_student_associations_due_idx": "(created_at) WHERE "
        "(validation_status = 'pending_validation'::association_status)",
        "classes_page_idx": "(created_by_user_id, created_at DESC, id DESC)",
    },
    RAS.name: {
        "batch_results_page_idx": "(user_id, created_at DESC, batch_id DESC)",
        "batch_results_state_page_idx": "(user_id, state, created_at DESC, batch_id DESC)",
        "event_outbox_lane_position_idx": '(lane, "position") WHERE (published_at IS NULL)',
    },
}


async def test_autogenerate_finds_nothing_to_do(history: History, at_head: str) -> None:
    def differences(connection: Connection) -> list[object]:
        options = {"compare_type": True, "compare_server_default": True}
        found: list[object] = compare_metadata(MigrationContext.configure(connection, opts=options), history.metadata)
        return found

    async with connect(at_head) as connection:
        assert await connection.run_sync(differences) == []


async def test_catalogs_are_equal(history: History, at_head: str, database: str) -> None:
    async with connect(at_head) as connection:
        migrated = await catalog(connection)
    async with connect(database) as connection:
        await connection.run_sync(history.metadata.create_all)
        modelled = await catalog(connection)
    assert migrated == modelled
    tables = {name for name, kind in migrated["relations"].items() if kind == "rp"}
    assert tables == set(history.metadata.tables)


async def test_enum_labels_are_the_contract_s(history: History, at_head: str) -> None:
    async with connect(at_head) as connection:
        assert (await catalog(connection))["enums"] == VOCABULARY[history.name]


async def test_indexes_that_the_queries_count_on(history: History, at_head: str) -> None:
    async with connect(at_head) as connection:
        indexes = (await catalog(connection))["indexes"]
    expected = INDEXES[history.name]
    assert {name: indexes[name].partition(" USING btree ")[2] for name in expected} == expected


async def test_every_time_has_its_zone(history: History, at_head: str) -> None:
    async with connect(at_head) as connection:
        columns = (await catalog(connection))["columns"]
    types = {name: what[0] for name, what in columns.items()}
    assert [name for name, kind in types.items() if kind.startswith(("timestamp without", "date", "time "))] == []
    moments = {kind for name, kind in types.items() if name.endswith("_at")}
    assert moments == {"timestamp with time zone"}


@pytest.mark.parametrize("history", [CMS], indirect=True, ids=["cms"])
async def test_names_sort_by_their_keys_bytes(history: History, at_head: str) -> None:
    async with connect(at_head) as connection:
        columns = (await catalog(connection))["columns"]
    collations = {name: what[2] for name, what in columns.items() if name.endswith("_key") and "students" in name}
    assert collations == dict.fromkeys(["students.last_name_key", "students.first_name_key", "students.email_key"], "C")


@pytest.mark.parametrize("history", [CMS], indirect=True, ids=["cms"])
async def test_courses_are_seeded_with_the_same_ids_everywhere(history: History, at_head: str) -> None:
    query = text("SELECT course_code, name, language, id::text FROM courses ORDER BY course_code")
    async with connect(at_head) as connection:
        assert [tuple(row) for row in await connection.execute(query)] == [
            ("ENG5", "English 5", "en", "c74c410f-a735-5ce6-9462-f936ad87fac6"),
            ("ENG6", "English 6", "en", "609004ad-b502-5de4-892e-192fbf56b9a8"),
            ("ENG7", "English 7", "en", "ae7c0e64-9b2d-5e67-a338-63dfce3d7de5"),
            ("SV1", "Svenska 1", "sv", "b7748a0b-68c9-5994-bc81-5c06e558d530"),
            ("SV2", "Svenska 2", "sv", "373c09a9-c91d-5138-a684-f82baa581213"),
            ("SV3", "Svenska 3", "sv", "c90d613a-6326-5324-bc2e-667f818bd68f"),
        ]
