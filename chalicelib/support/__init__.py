"""What the operator's staff and customers settle with each other: tickets, export, erasure, import."""
