"""From repositories to a model: the learning stages, one module each.

In: lists of repositories. Out: the files under models/. Called by: `python -m sibyl.learn`.
"""
