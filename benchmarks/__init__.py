"""The comparison that anyone can rerun: the gateway beside what it replaces and the least that could do its work."""
