"""Settings searched, variants compared.

In: streams.
Out: short trainings, and what they show.
Imports: learn, learn.training.
"""
