"""One module a page: `show` what is there, `send` what its form asks for."""
