"""Events out and in: one envelope, a transactional outbox, its relay, and the way in."""
