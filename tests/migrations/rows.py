"""A few rows for every table."""

CLASS_ROWS = """
INSERT INTO classes (id, name, created_by_user_id, course_id)
SELECT '10000000-0000-4000-8000-000000000001', 'SA23 Å', 'teacher-1', id FROM courses WHERE course_code = 'SV1';

INSERT INTO students (id, first_name, last_name, email, last_name_key, first_name_key, email_key, created_by_user_id)
VALUES ('20000000-0000-4000-8000-000000000001', 'Åsa', 'Öberg', 'Asa@skola.se', 'o', 'a', 'asa@skola.se', 'teacher-1'),
       ('20000000-0000-4000-8000-000000000002', 'Bo', 'Ek-Ås', NULL, 'e', 'b', NULL, 'teacher-1');

INSERT INTO class_student_association (class_id, student_id)
SELECT classes.id, students.id FROM classes, students;

INSERT INTO essay_student_associations
    (essay_id, batch_id, class_id, student_id, created_by_user_id, confidence_score, validation_status,
     validation_method, validated_by, validated_at)
SELECT gen_random_uuid(), '30000000-0000-4000-8000-000000000001', class_id, student_id, 'teacher-1', 1, 'confirmed',
       'human', 'teacher-1', now()
FROM class_student_association;
INSERT INTO essay_student_associations (essay_id, batch_id, created_by_user_id, validation_status)
VALUES (gen_random_uuid(), '30000000-0000-4000-8000-000000000001', 'teacher-1', 'pending_validation');

INSERT INTO batch_classes (batch_id, class_id, user_id, created_at)
VALUES ('30000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'teacher-1', now());

INSERT INTO association_confirmations (batch_id, class_id, event_id)
SELECT batch_id, class_id, gen_random_uuid() FROM batch_classes;

INSERT INTO idempotency_keys (user_id, key, request_hash, status, location, body)
VALUES ('teacher-1', 'k', '\\x00', 201, '/v1/classes/1', '\\x7b7d');

INSERT INTO teacher_updates (user_id, type, payload) VALUES ('teacher-1', 'class_created', '{}');
"""

RESULT_ROWS = """
INSERT INTO batch_results (batch_id, user_id, batch_type, state, requested_pipelines, created_at, updated_at)
VALUES ('30000000-0000-4000-8000-000000000001', 'teacher-1', 'regular', 'processing_pipelines', '{spellcheck,nlp}',
        now(), now()),
       ('30000000-0000-4000-8000-000000000002', 'teacher-1', 'guest', 'cancelled', DEFAULT, now(), now());

INSERT INTO essay_results (essay_id, batch_id, position, spellcheck_stage, updated_at)
SELECT gen_random_uuid(), batch_id, position, 'completed', now()
FROM batch_results, generate_series(0, 2) AS position;

INSERT INTO batch_counts (user_id, state, n) SELECT user_id, state, count(*) FROM batch_results GROUP BY user_id, state;

INSERT INTO pending_events (event_id, batch_id, event_type, body)
VALUES (gen_random_uuid(), gen_random_uuid(), 'huleedu.batch.cancelled.v1', '\\x7b7d');

INSERT INTO teacher_updates (user_id, type, payload) VALUES ('teacher-1', 'batch_results_ready', '{}');
"""

EVENT_ROWS = """
INSERT INTO event_aggregates (aggregate_id, version) VALUES ('40000000-0000-4000-8000-000000000001', 2);

INSERT INTO event_outbox (event_id, event_type, aggregate_id, lane, envelope)
SELECT gen_random_uuid(), 'huleedu.class.created.v1', aggregate_id, lane, '{}'
FROM event_aggregates, generate_series(0, 1) AS lane;

INSERT INTO event_deliveries (position, subscriber, lane, aggregate_id)
SELECT position, 'http://localhost/events', lane, aggregate_id FROM event_outbox;

INSERT INTO processed_events (event_id, event_type) SELECT event_id, event_type FROM event_outbox;

INSERT INTO dead_letters (reason, body) VALUES ('not JSON', '\\xff');

INSERT INTO teacher_update_purges (user_id, seq) SELECT user_id, seq FROM teacher_updates;
"""
