"""Files to token streams on disk.

In: a corpus.
Out: arrays of tokens a split, and the vocabulary.
Imports: code, network, learn, learn.corpus.
"""
