"""What an order is worth, and how its parts are weighed.

In: recorded lists, their repositories, a model.
Out: tables; the mixing weights of the model.
Imports: the live engine, learn, learn.corpus, learn.streams, learn.menus.
"""
