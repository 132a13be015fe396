"""Weights to the folder that ships.

In: a checkpoint.
Out: ONNX, float and INT8, checked against PyTorch.
Imports: the live engine, learn, learn.training.
"""
