"""Is a blocking module the same as its awaiting twin?"""

import re
from pathlib import Path
from types import ModuleType

_WORDS = {
    "async ": "",
    "await ": "",
    "Async": "",
    "aclosing": "closing",
    "aclose": "close",
    "asyncio": "time",
    "aiter_": "iter_",
    "__a": "__",
    "_aio": "",
}


def body(module: ModuleType) -> str:
    """The source of a module without its docstring."""
    assert module.__file__
    return _without_docstring(Path(module.__file__).read_text(encoding="utf-8"))


def without_await(module: ModuleType) -> str:
    """The same with every word that awaits taken out."""
    plain = body(module)
    for word, instead in _WORDS.items():
        plain = plain.replace(word, instead)
    return plain


def _without_docstring(source: str) -> str:
    return re.sub(r"\A\"\"\".*?\"\"\"", "", source, flags=re.DOTALL)
