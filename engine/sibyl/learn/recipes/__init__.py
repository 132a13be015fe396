"""Several stages in a row.

In: projects, or nothing.
Out: a model of one's own; a tiny one that shows that all stages work.
Imports: any folder of learn.
"""
