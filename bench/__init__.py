"""Benchmarks: each prints one line of JSON, with ratios of things measured side by side in one run."""
