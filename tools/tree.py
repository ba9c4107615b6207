"""The files of the project, as the house rules see them: what somebody wrote, not what a tool left behind."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
_LEFT_BEHIND = frozenset({".git", ".venv", ".build", "__pycache__", "dist", "demo-data", "node_modules", "htmlcov"})


def written_files(folder: Path = ROOT) -> Iterator[Path]:
    """Every file below ``folder`` that is or could be in the repository."""
    for path in sorted(folder.iterdir()):
        if path.name in _LEFT_BEHIND or path.name.endswith((".egg-info", "_cache", ".hypothesis")):
            continue
        if path.is_dir():
            yield from written_files(path)
        elif path.is_file():
            yield path


def python_files(*folders: str) -> list[Path]:
    """The Python files below these folders of the project."""
    return [path for folder in folders for path in written_files(ROOT / folder) if path.suffix == ".py"]


def name_of(path: Path) -> str:
    """The path as people write it: from the project's root, with slashes."""
    return path.relative_to(ROOT).as_posix()
