"""Streams to weights.

In: a streams folder.
Out: checkpoints, a log and learning curves.
Imports: the live engine, learn, learn.streams.
"""
