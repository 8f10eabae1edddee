"""The panel in the browser: server-rendered pages with plain forms, which need no script (R9)."""
