"""Class Management Service: courses, classes, students, and which student wrote which essay."""
