"""Klucznik: the account backend of a prepaid telephone operator's customer panel."""

VERSION = "0.1.0"
