"""RAS's SQL: `reading` answers requests, the rest takes events in."""
