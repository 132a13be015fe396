"""What is known of each candidate of a list, as numbers.

In: a list, the network's logits, the place, what is remembered.
Out: a table of named columns.
Imports: code, context, network, memory, ranking.lists.
"""
