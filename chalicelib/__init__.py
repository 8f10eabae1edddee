"""Klucznik: the account backend of a prepaid telephone operator's customer panel."""

import gc

VERSION = "0.1.0"

# Starting up makes some hundred thousand objects, nearly all of which stay: looking through them for
# garbage again and again took a sixth of a cold start. What is made later is collected all the same.
gc.set_threshold(50_000)
