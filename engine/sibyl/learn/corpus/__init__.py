"""Which files are learnt from.

In: a folder of repositories, and lists of them.
Out: a manifest: files by blob, each with its split.
Imports: code, learn.
"""
