"""Klucznik: the account backend of a prepaid telephone operator's customer panel."""

import gc

VERSION = "0.1.0"

# Starting up makes some hundred thousand objects, nearly all of which stay: looking through them for
# garbage took a sixth of a cold start, and a tenth when it was done but once. What is made later is
# collected all the same.
gc.set_threshold(200_000)
