"""HTTP: the JSON API and the panel's pages."""
