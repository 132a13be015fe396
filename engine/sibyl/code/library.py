"""What is known of Python's own functions, classes and of ``typing``, without a look at them.

In: nothing.  Out: tables of names and of the values (see ``sibyl.code.values``) that they give.
"""

from __future__ import annotations

# Values of calls that everybody makes; anything else is learned.
CALLS = {
    f"{name}()": value
    for value, names in {
        "str": "str repr input chr format hex bin oct os.getcwd os.getenv str.join str.format "
        "str.strip str.lstrip str.rstrip str.lower str.upper str.replace str.title str.capitalize "
        "str.zfill str.ljust str.rjust str.center str.casefold str.expandtabs str.translate "
        "bytes.decode os.path.join os.path.dirname os.path.basename os.path.abspath "
        "os.path.realpath os.path.expanduser os.path.normpath json.dumps time.strftime "
        "textwrap.dedent",
        "bytes": "bytes str.encode bytes.join bytes.replace bytes.strip bytes.lstrip bytes.rstrip",
        "int": "int len ord hash id round sum",
        "float": "float time.time",
        "bool": "bool isinstance hasattr callable any all",
        "list": "list sorted str.split str.rsplit str.splitlines os.listdir",
        "dict": "dict vars globals locals",
        "set": "set",
        "tuple": "tuple str.partition str.rpartition",
        "object": "object",
    }.items()
    for name in names.split()
}
SAME = frozenset(("str", "bytes", "int", "float"))  # an item of it is one of it
BUILTIN = frozenset(
    "str bytes int float bool list dict set frozenset tuple object type super open range zip map "
    "filter enumerate reversed iter next sorted len print repr input chr format hex bin oct ord hash "
    "id round sum isinstance hasattr callable any all vars globals locals property bytearray "
    "memoryview complex getattr "
    # Exceptions, as Python 3.10 to 3.14 have them.
    "BaseException BaseExceptionGroup Exception ExceptionGroup GeneratorExit KeyboardInterrupt "
    "SystemExit ArithmeticError AssertionError AttributeError BlockingIOError BrokenPipeError "
    "BufferError ChildProcessError ConnectionAbortedError ConnectionError ConnectionRefusedError "
    "ConnectionResetError EOFError EnvironmentError FileExistsError FileNotFoundError "
    "FloatingPointError IOError ImportError IndentationError IndexError InterruptedError "
    "IsADirectoryError KeyError LookupError MemoryError ModuleNotFoundError NameError "
    "NotADirectoryError NotImplementedError OSError OverflowError PermissionError "
    "ProcessLookupError RecursionError ReferenceError RuntimeError StopAsyncIteration "
    "StopIteration SyntaxError SystemError TabError TimeoutError TypeError UnboundLocalError "
    "UnicodeDecodeError UnicodeEncodeError UnicodeError UnicodeTranslateError ValueError "
    "ZeroDivisionError".split()
)
INNER = frozenset(
    f"{module}.{name}"
    for module in ("typing", "typing_extensions")
    for name in "Optional Union Annotated Final ClassVar Required NotRequired Awaitable".split()
)
TYPING = {
    f"{module}.{name}": name.lower()
    for module in ("typing", "typing_extensions")
    for name in ("List", "Dict", "Set", "Tuple", "FrozenSet", "Type")
} | {"typing.Text": "str"}
PLAIN = frozenset("list dict set frozenset tuple type".split())
