"""The one place that imports it.

In: a graph's file.  Out: a session that computes with one thread, and the package's own modules.

The package's wheels report to their maker: they keep a device number and a database in the user's cache folder
and send both with the interpreter's path. The variable below switches all of it off, if it is set before the
import; the package's own ``disable_telemetry_events()`` comes too late. So no other module imports the package
(ruff's list of banned modules and tests/test_privacy.py see to that).
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

from sibyl.errors import ModelError, first_line


def onnxruntime(part: str = "") -> Any:
    """Import the package, or a module of it: ``onnxruntime("quantization")``. It takes .25 s."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    return importlib.import_module(f"onnxruntime.{part}" if part else "onnxruntime")


def session(path: Path) -> Any:
    """Open a graph with one thread and no memory arena: it is small, and so is the machine's share.

    Raises ``ModelError`` for a file that is no graph or cannot be run.
    """
    package = onnxruntime()
    options = package.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    try:
        return package.InferenceSession(
            str(path), sess_options=options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # ONNX Runtime's own errors have no common base of their own
        raise ModelError(f"The model file {path} cannot be run ({first_line(error)}).") from error
