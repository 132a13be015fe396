"""README's pictures are real screens, small, readable by anything that reads XML, and free of this machine."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import draw
import pytest
import svg
from child import ROOT
from screen import Look, Screen

PLAIN, STAR = Look(0xE0E2EA, 0x14161B), Look(0x8CF8F7, 0x2C2E33)
MENU = [[("resp.", PLAIN)], [("★ read", STAR)]]


def texts(picture: str) -> list[str]:
    """Return what the picture's letters say; fails where it is no XML."""
    root = ElementTree.fromstring(picture)  # noqa: S314 (a file of ours)
    return [
        "".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")
    ]


@pytest.mark.parametrize("name", draw.NAMES)
def test_pictures_that_are_kept(name: str) -> None:
    """Each picture is there, parses, is below 200 kB, shows what it is of, and names no folder of a machine."""
    picture = (ROOT / f"doc/pictures/{name}.svg").read_text(encoding="utf-8")
    shown = "\n".join(texts(picture))
    assert len(picture.encode()) < 200_000
    assert {
        "resp": "★",
        "explain": "★ read",
        "report": "letters saved",
        "health": "options are in order",
        "guesses": "guess [sibyl]",
        "among": "margin=",
    }[name] in shown
    assert not re.search(r"/(tmp|home|root|work|Users)/", shown)
    assert name != "report" or "simulated" in texts(picture)[0]


def test_what_stands_apart_has_its_own_place() -> None:
    """Words with several spaces between are drawn each at its column: no browser has to keep the spaces."""
    drawn = svg.still("apart", [[("  ab cd   e", PLAIN)]])
    places = re.findall(
        r'<text class="c0" x="([\d.]+)"[^>]* textLength="([\d.]+)"[^>]*>([^<]+)<', drawn
    )
    column = svg.CELL
    assert [(f"{svg.MARGIN + 2 * column:.1f}", f"{5 * column:.1f}", "ab cd")] == places[:1]
    assert [(f"{svg.MARGIN + 10 * column:.1f}", f"{column:.1f}", "e")] == places[1:]


@pytest.mark.parametrize("name", ["resp", "explain", "health", "among"])
def test_a_picture_is_made_again(nvim_binary: Path, tmp_path: Path, name: str) -> None:
    """Real keys in a real Neovim give the picture that is kept, but for numbers; a second time the same one."""
    if nvim_binary != draw.find.neovims()[-1]:
        pytest.skip("the pictures are of the newest Neovim")
    committed = (ROOT / f"doc/pictures/{name}.svg").read_text(encoding="utf-8")
    pictures = [draw.draw(name, nvim_binary, tmp_path / str(turn)) for turn in range(2)]
    assert draw.same_but_digits(*pictures)
    assert draw.same_but_digits(pictures[0], committed)
    assert name in ("health", "among") or any("★" in text for text in texts(pictures[0]))
    if name == "resp":
        assert pictures[0] == pictures[1]


def test_the_still_moment_is_what_a_reader_without_animation_sees() -> None:
    """Of an animation all rows but those of one moment are hidden, and each row comes back in its time."""
    panel = svg.Panel("a < b", [(0.0, [[("resp", PLAIN)], [("", PLAIN)]]), (1.0, MENU)])
    picture = svg.animated([panel], 4.0, 1.5)
    root = ElementTree.fromstring(picture)  # noqa: S314 (a text of ours)
    groups = {
        "".join(g.itertext()): g.get("visibility")
        for g in root.iter("{http://www.w3.org/2000/svg}g")
    }
    assert groups == {"resp": "hidden", "resp.": None, "★ read": None}
    assert "0.00%{visibility:hidden}25.00%{visibility:visible}100.00%{visibility:hidden}" in picture
    assert "8cf8f7" in picture and "2c2e33" in picture


def test_numbers_alone_make_no_new_picture(tmp_path: Path) -> None:
    """A picture whose measured numbers alone differ stays; any other difference is written."""
    path = tmp_path / "a.svg"
    for text, drawn in (("3.1 ms", "3.1 ms"), ("4.0 ms", "3.1 ms"), ("4.0 s", "4.0 s")):
        draw.keep(path, svg.still("t", [[(text, PLAIN)]]))
        assert texts(path.read_text(encoding="utf-8")) == ["t", drawn]


def test_wide_signs_take_two_cells() -> None:
    """What stands behind a sign of two cells keeps its place."""
    screen = Screen(6, 1)
    screen.feed([["grid_line", [1, 0, 0, [["✅", 0], [""], ["O"], ["K", 0, 2]]]]])
    rows = screen.runs()
    assert [text for text, _ in rows[0]] == ["✅OKK "] and svg.cells(rows[0][0][0]) == 6
    assert svg.cells("⚠\ufe0f") == 2
