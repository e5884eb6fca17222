"""What must hold in the databases: by rule, the database and a query for the rows that breach it."""

BREACHES = {
    "counts derive from essays": (
        "ras",
        """
        WITH worked AS (
            SELECT b.batch_id, ARRAY(
                SELECT stage::text FROM (VALUES
                    ('spellcheck'::phase_name, spellcheck_stage), ('nlp', nlp_stage),
                    ('cj_assessment', cj_assessment_stage), ('ai_feedback', ai_feedback_stage)
                ) AS phases (phase, stage) WHERE phase = ANY (requested_pipelines)
            ) AS stages FROM batch_results b JOIN essay_results e USING (batch_id)
        ), counted AS (
            SELECT batch_id, count(*) AS essays,
                count(*) FILTER (WHERE stages <> '{}' AND stages <@ '{completed}') AS completed,
                count(*) FILTER (WHERE stages && '{failed,cancelled}') AS failed
            FROM worked GROUP BY batch_id
        )
        SELECT * FROM batch_results LEFT JOIN counted USING (batch_id)
        WHERE (essay_count, completed_essay_count, failed_essay_count)
            IS DISTINCT FROM (essays::int, completed::int, failed::int)
        """,
    ),
    "batch_counts counts": (
        "ras",
        """
        SELECT * FROM batch_counts
        FULL JOIN (SELECT user_id, state, count(*) AS there FROM batch_results GROUP BY 1, 2) AS c
        USING (user_id, state)
        WHERE n IS DISTINCT FROM there
        """,
    ),
    "times are in order": (
        "ras",
        """
        SELECT * FROM batch_results JOIN essay_results e USING (batch_id)
        WHERE batch_results.updated_at < e.updated_at OR e.updated_at < created_at
            OR processing_started_at < created_at OR processing_completed_at < processing_started_at
            OR processing_completed_at > batch_results.updated_at
        """,
    ),
    "classes and students are the teacher's own": (
        "cms",
        """
        SELECT * FROM essay_student_associations a LEFT JOIN classes c ON c.id = class_id
        LEFT JOIN students s ON s.id = student_id
        WHERE a.created_by_user_id <> c.created_by_user_id OR a.created_by_user_id <> s.created_by_user_id
            OR s.id IS NULL
        """,
    ),
    "an unknown student is that of the class": (
        "cms",
        """
        SELECT * FROM essay_student_associations a JOIN students s ON s.id = student_id
        WHERE is_placeholder AND email_key <> 'unknown.' || class_id || '@huleedu.system'
        """,
    ),
    "members are the teacher's own": (
        "cms",
        """
        SELECT * FROM class_student_association m JOIN classes c ON c.id = class_id JOIN students s ON s.id = student_id
        WHERE c.created_by_user_id <> s.created_by_user_id
        """,
    ),
    "settled rows say by whom": (
        "cms",
        """
        SELECT * FROM essay_student_associations
        WHERE (validation_status = 'pending_validation') <> (validated_by IS NULL)
            OR (validated_by IS NULL) <> (validated_at IS NULL) OR validated_at <= created_at
            OR validated_by NOT IN (created_by_user_id, 'SYSTEM_TIMEOUT')
            OR (validated_by = 'SYSTEM_TIMEOUT') <> (validation_status = 'timeout_confirmed')
        """,
    ),
}
