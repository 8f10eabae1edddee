"""The operator's command line: `python -m tools.operator --help`."""
