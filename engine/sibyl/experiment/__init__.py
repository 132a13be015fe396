"""An experiment of one person: does our order save letters?

In: outcomes of words, each shown in the server's order or in ours by a coin.
Out: a file of numbers (no names, no text), and a report with intervals.
Imports: memory.
"""
