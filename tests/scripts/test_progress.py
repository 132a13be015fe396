"""How far an installation is: what pip and uv print becomes one line for each package."""

from __future__ import annotations

from pathlib import Path

import progress
import pytest

LIST = """\
numpy==2.4.6 ; python_full_version >= '3.10' \\
    --hash=sha256:00
pywin32==310 ; sys_platform == 'nowhere' \\
    --hash=sha256:00
tree-sitter==0.26.1 \\
    --hash=sha256:00
"""


@pytest.fixture
def wanted(tmp_path: Path) -> Path:
    """Write a list of three packages, of which one is for another system."""
    path = tmp_path / "run.txt"
    path.write_text(LIST)
    return path


def told(capsys: pytest.CaptureFixture[str], hears: progress.Progress, *lines: str) -> list[str]:
    """Return what is printed for lines of a package manager."""
    for line in lines:
        hears(line)
    return capsys.readouterr().out.splitlines()


def test_packages_for_other_systems_do_not_count(wanted: Path) -> None:
    """The count is of what will be installed here."""
    assert progress.packages([wanted]) == ["numpy", "tree-sitter"]


@pytest.mark.parametrize(
    ("marker", "holds"),
    [
        ("python_full_version < '3.10'", False),
        ("python_full_version >= '3.10'", True),
        ("python_full_version == '2.7.*'", False),
        ("python_full_version != '2.7.*'", True),
        ("sys_platform == 'nowhere'", False),
        ("sys_platform != 'nowhere' and platform_python_implementation == 'none'", False),
        ("some_new_thing == 'x'", True),
        ("", True),
    ],
)
def test_conditions(marker: str, holds: bool) -> None:
    """A condition on Python and system is judged; one that is not known is taken to hold."""
    assert progress.applies(marker) is holds


def test_pip(wanted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Pip's lines count each package once, whether downloaded or cached; metadata and the rest say nothing."""
    lines = told(
        capsys,
        progress.Progress([wanted]),
        "Collecting numpy==2.4.6",
        "  Downloading numpy-2.4.6-cp311-cp311-linux_x86_64.whl.metadata (6.6 kB)",
        "  Downloading numpy-2.4.6-cp311-cp311-linux_x86_64.whl (16.6 MB)",
        "  Using cached tree_sitter-0.26.1-cp311-cp311-linux_x86_64.whl (580 kB)",
        "  Using cached tree_sitter-0.26.1-cp311-cp311-linux_x86_64.whl (580 kB)",
        "Installing collected packages: numpy, tree-sitter",
    )
    assert lines == [
        "sibyl: 1 of 2: numpy 2.4.6, 17 MB so far",
        "sibyl: 2 of 2: tree-sitter 0.26.1, 17 MB so far",
        "sibyl: 2 of 2: tree-sitter 0.26.1, 17 MB so far",
        "sibyl: 2 of 2: putting them in place, 17 MB so far",
    ]


def test_uv_and_wheels_in_a_folder(
    wanted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of uv no version is known, of a wheel in a folder the file's size; no share is above the whole."""
    wheel = tmp_path / "tree_sitter-0.26.1-py3-none-any.whl"
    wheel.write_bytes(b"x" * 2_000_000)
    lines = told(
        capsys,
        progress.Progress([wanted]),
        "Downloading numpy (15.9MiB)",
        f"Processing {wheel}",
        "Downloading more (1.0KiB)",
        "Prepared 3 packages in 1.0s",
    )
    assert lines == [
        "sibyl: 1 of 2: numpy, 17 MB so far",
        "sibyl: 2 of 2: tree-sitter 0.26.1, 19 MB so far",
        "sibyl: 2 of 2: more, 19 MB so far",
        "sibyl: 2 of 2: putting them in place, 19 MB so far",
    ]
