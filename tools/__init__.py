"""Packaging, deployment and the operator's command line; nothing in here ships."""
