"""All buffers of one editor, on one worker thread.

In: notifications of the editor's side, in order.
Out: answers, notices, and a log.
Imports: network, memory, ranking, experiment.
"""
