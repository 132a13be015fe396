"""A server's list, and what its labels say wherever they stand.

In: labels and kinds as they travel, the letters typed.
Out: the same as arrays; the labels' vectors.
Imports: code, network.
"""
