"""A tour of the panel: a real browser that is brought to every page in every state that it can be in.

What to do there is up to who takes the tour: photographs (`tools.screenshots`), or the tests' checks.
"""
