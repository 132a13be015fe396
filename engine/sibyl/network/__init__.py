"""The LSTM: vocabulary, network, and its states along the stream.

In: texts of tokens.
Out: the vector predicted for the next name, and vectors of names.
Imports: code.
"""
