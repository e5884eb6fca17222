"""CMS's statements: each a set-based one."""
