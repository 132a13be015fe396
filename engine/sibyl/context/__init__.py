"""What the text above the cursor says of the name that comes next.

In: the stream.
Out: how often and how recently each name was used here; the cursor's place.
Imports: code.
"""
