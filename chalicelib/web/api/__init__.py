"""The JSON API under /v1: parse, one domain call, respond. `routes` has the addresses."""
