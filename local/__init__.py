"""The local cloud: the whole system on one machine, for `make run` and end-to-end tests; never shipped."""
