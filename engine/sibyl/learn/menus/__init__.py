"""Real completion lists.

In: repositories, and a language server.
Out: a file of lists, each with the member that stands there.
Imports: learn, learn.corpus.
"""
