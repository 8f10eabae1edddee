"""Customers' accounts: who they are, how they get in, how they get back in."""
