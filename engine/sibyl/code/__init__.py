"""From bytes to tokens: what stands above the cursor, kept while it changes.

In: edits of a buffer, and the byte before which all is seen.
Out: a stream of tokens, and where each receiver comes from.
Imports: errors.
"""
