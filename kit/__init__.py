"""Plumbing that both services and the gateway share, without one domain word."""
