"""CMS's endpoints."""
