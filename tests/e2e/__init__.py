"""End-to-end tests: over HTTP, against the application deployed to a local cloud of their own."""
