"""Candidates to an order.

In: a language server's list, the predicted vector, the place, what is remembered.
Out: the order, probabilities, stars, and why.
Imports: code, context, network, memory.
"""
