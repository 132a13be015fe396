"""How the model is made: a folder for each stage, run by `python -m sibyl.learn STAGE`.

In: repositories, or projects of your own.
Out: a model folder, and the tables that say what it is worth.
Imports: the live engine; among its own folders what tests/test_order.py allows.
"""
