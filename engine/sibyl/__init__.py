"""The mind of sibyl.nvim: sees bytes and numbers, knows no editor.

In: edits of a buffer and the names a language server offers.  Out: their order.

    code ← context ← memory ← ranking ← host        code ← network ← ranking        learn imports any

A folder imports only those to its left. Importing the package itself costs nothing: numpy and ONNX Runtime come
with the modules that need them.
"""

import os

from sibyl.errors import LearnError, ModelError, SibylError, TextError

__all__ = ["LearnError", "ModelError", "SibylError", "TextError", "__version__"]
__version__ = "0.1.0"

# ONNX Runtime reads this when it is imported (sibyl.network.runtime): nothing of ours reports to anybody.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
