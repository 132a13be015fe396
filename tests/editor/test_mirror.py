"""The host's copy of a buffer is that buffer, byte for byte, whatever was done to it."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from child import Child
from scripted import digest, host_ready, mirrored, truth

TEXT = "import os\n\ndef f(größe):\n\treturn größe + 1\n\nfor x in y:\n    print(x)  # 日本語 €\n"

# Name, keys. Each begins in normal mode in the first line of TEXT.
EDITS = [
    ("typing", "oimport sys<CR>sys.path<Esc>"),
    ("typing in the middle", "3Gwiab.c<BS><BS>xy<Esc>"),
    ("multi-byte letters", "A  # ñandú 漢字 \U0001f40d<Esc>bx"),
    ("delete to the end", "3GdG"),
    ("delete everything", "ggdG"),
    ("everything deleted, then typed", "ggdGihello<Esc>"),
    ("everything deleted and undone", "ggdGu"),
    ("undo and redo", "2dd3Gddu<C-r>uu<C-r>"),
    ("undo of a change of many lines", ":%s/r/RR/g<CR>u<C-r>"),
    ("substitute that joins lines", ":%s/\\n/ /<CR>u"),
    ("substitute that splits lines", ":%s/ /\\r/g<CR>u"),
    ("global command", ":g/r/m0<CR>uu<C-r>"),
    ("put lines", "yyGpPggVGyGp"),
    ("put a block", "gg<C-v>jlyGp3Gp"),
    ("append to a block", "gg<C-v>3jA;x<Esc>u"),
    ("join", "gg5Ju"),
    ("indent", "ggVG>u"),
    ("sort", ":sort<CR>u<C-r>"),
    ("a macro", "qqA;<Esc>jq5@qu"),
    ("read a file", ":read %<CR>"),
    ("read a command", ":0read !printf 'a\\nb'<CR>"),
    ("filter", ":%!cat -n<CR>u"),
    ("move and copy", ":2move $<CR>:1copy 3<CR>u"),
    ("last line without end", ":set noeol nofixeol<CR>Goend<Esc>dd"),
    ("dos format", ":set fileformat=dos<CR>ggAx<Esc>jAy<Esc>Gox<Esc>u"),
    ("byte order mark", ":set bomb<CR>ggIx<Esc>"),
    ("reload", "ggdGioff<Esc>:e!<CR>"),
    ("reload and type", "ggdGioff<Esc>:e!<CR>Gonew<Esc>u"),
    ("write", "Goz<Esc>:w<CR>oy<Esc>"),
    ("rename", ":file %:p:h/other.py<CR>Gox<Esc>"),
    ("two windows", ":split<CR>Gox<Esc><C-w>wggiy<Esc>dd"),
    ("another buffer and back", ":new<CR>ifoo<Esc>:q!<CR>Gox<Esc>"),
    ("a zero byte", "Goa<C-v>000b<Esc>Axy<Esc>"),
    ("replace mode", "3GRxyzä<BS><BS>w<Esc>u"),
    ("increment", "4G<C-a>u"),
    ("change case", "ggVGgUugg~"),
    ("command preview", ":set inccommand=split<CR>:%s/r/long/<Esc>Gox<Esc>"),
    ("earlier and later", "ddGox<Esc>:earlier 9<CR>:later 9<CR>:undo 0<CR>"),
    ("completion of words", "Goimp<C-n><C-n> x<Esc>"),
]


def test_edits(scripted: Callable, tmp_path: Path) -> None:
    """After every way to edit, the host holds what the buffer holds."""
    child, _ = scripted("")
    wrong = []
    for number, (name, keys) in enumerate(EDITS):
        child.open(tmp_path / f"edit{number}.py", TEXT)
        child.type_keys(keys.replace(":e!", ":silent e!"))
        if not matches(child):
            wrong.append(name)
        child.command("silent! wincmd o | silent! write!")
    assert wrong == []


def matches(child: Child) -> bool:
    """Whether host and buffer agree."""
    held = mirrored(child)
    return [held["length"], held["crc32"]] == digest(truth(child))


def step(random_: random.Random) -> str:
    """Make up one Ex command that changes a buffer."""
    row, other = random_.randint(1, 12), random_.randint(1, 12)
    text = random_.choice(["x", "ä€", "a.b", "", "\U0001f40d", "if 1:"])
    return random_.choice(
        [
            f"{row}d",
            f"{row}m{other}",
            f"{row}t{other}",
            f"silent! {row},{row + 3}s/\\w/{text}/g",
            f"silent! {row},$s/\\n/{text}/",
            f"silent! %s/{text[:1] or ' '}/\\r/g",
            "silent! undo",
            "silent! redo",
            f"silent! undo {random_.randint(0, 20)}",
            f"silent! normal! {row}GA{text}",
            f"silent! normal! {row}GI{text}\r{text}",
            f"silent! normal! {row}Go{text}",
            f"silent! normal! {row}GO{text}",
            f"silent! normal! {row}G5J",
            f"silent! normal! {row}G\x162jA{text}\x1b",
            f"silent! normal! {row}G\x16jd",
            f"silent! normal! {row}Gyyp",
            "silent! normal! ggdG",
            f"silent! g/{text[:1] or 'x'}/d",
            "silent! g/^/m0",
            f"silent! {row},{row + 4}sort",
            "silent! %join",
            "setlocal fileformat=dos",
            "setlocal fileformat=unix",
            "silent! earlier 3",
            "silent! later 2",
            "silent! 0read %",
            "silent! e!",
            f"call nvim_buf_set_text(0, 0, 0, 0, 0, ['{text}', ''])",
            f"call nvim_buf_set_lines(0, {row}, -1, v:false, ['{text}', '{text}'])",
            "call nvim_buf_set_lines(0, 0, -1, v:false, [])",
            f"call nvim_buf_set_lines(0, -1, -1, v:false, ['{text}'])",
            'call nvim_paste("a\\nb\\r\\nc", v:true, -1)',
        ]
    )


@pytest.mark.parametrize("seed", range(2))
def test_random_edits(scripted: Callable, seed: int) -> None:
    """After each of 150 random commands, several of them often in one moment, both agree."""
    child, ranker = scripted(TEXT * 2)
    child.command("set updatetime=100000 nomore")
    random_ = random.Random(seed)
    done: list[str] = []
    for _ in range(150):
        several = [step(random_) for _ in range(random_.choice([1, 1, 1, 2, 5]))]
        done += several
        for command in several[:-1]:
            child.lua("pcall(vim.cmd, ...)", command)
        child.lua("for _, c in ipairs(...) do pcall(vim.cmd, c) end", several[-1:])
        assert matches(child), f"after {done[-8:]}"
    assert len(ranker.calls("edit")) > 100


def test_no_whole_text_while_editing(scripted: Callable, tmp_path: Path) -> None:
    """Edits travel as edits: the whole text is sent once, and again only where Neovim errs."""
    child, ranker = scripted("")
    # Neovim reads these again; or counts a line end that is not there, which the length gives away.
    read_again = ("reload", "reload and type", "rename", "substitute that joins lines")
    for number, (name, keys) in enumerate(EDITS):
        if name not in read_again:
            child.open(tmp_path / f"edit{number}.py", TEXT)
            child.type_keys(keys)
            mirrored(child)
            child.command("silent! wincmd o | silent! write!")
    attached = [call[0] for call in ranker.calls("attach")]
    assert len(attached) == len(set(attached))


def test_random_bytes(scripted: Callable, tmp_path: Path) -> None:
    """Random bytes, invalid UTF-8 and zeros among them, are held exactly."""
    child, _ = scripted("")
    noise = random.Random(5).randbytes(20000)
    (tmp_path / "noise.py").write_bytes(noise)
    child.open(tmp_path / "noise.py")
    assert matches(child)
    child.type_keys("Gox.y<Esc>5GAé<Esc>dd")
    assert matches(child)


def test_invalid_utf8_line(scripted: Callable) -> None:
    """Invalid UTF-8 put into a line travels as it is."""
    child, _ = scripted(TEXT)
    child.lua("vim.api.nvim_buf_set_lines(0, 1, 2, true, { 'a\\255\\254b\\192' })")
    child.type_keys("2GAx<Esc>")
    assert b"a\xff\xfeb\xc0x\n" in truth(child)
    assert matches(child)


def test_large_buffers_are_left_alone(scripted: Callable, tmp_path: Path) -> None:
    """A buffer above `max_bytes`, or with a huge line, is not followed; typing goes on."""
    child, ranker = scripted(TEXT, max_bytes=100000)
    for name, text in [("big", "x = 1\n" * 20000), ("line", "x = '" + "y" * 1000000 + "'\n")]:
        child.open(tmp_path / f"{name}.py", text)
        buf = child.call("bufnr")
        child.type_keys("Goq.z<Esc>")
        assert child.line() == "q.z"
        assert buf not in [call[0] for call in ranker.calls("attach")]


def test_many_lines(scripted: Callable, tmp_path: Path) -> None:
    """A buffer of 200,000 lines is held exactly, and typing in it stays quick."""
    child, _ = scripted("")
    child.open(tmp_path / "long.py", "value = 1\n" * 200000)
    child.type_keys("100000Goa.b<Esc>GAx<Esc>ggIy<Esc>")
    assert matches(child)


def test_growing_too_large(scripted: Callable) -> None:
    """A buffer that grows beyond `max_bytes` is let go of without a word."""
    child, ranker = scripted(TEXT, max_bytes=1000)
    child.type_keys(":%normal! yy20p<CR>")
    child.wait_for(lambda: ranker.calls("detach"), what="the end of following")
    child.type_keys("ggOx<Esc>")
    assert child.line() == "x"
    assert child.messages() == [] or "sibyl" not in "".join(child.messages())


def test_impossible_lengths_mark_the_copy_stale(scripted: Callable) -> None:
    """What Neovim counts wrong and takes back in the same moment is mended by the whole text at once."""
    child, ranker = scripted(TEXT)
    for commands in (
        ["%s/\\n/ /", "undo", "redo"],
        ["undo", "redo", "undo"],
        ["%s/\\n/ /", "undo"],
    ):
        asked = len(ranker.calls("attach"))
        child.lua("for _, c in ipairs(...) do vim.cmd(c) end", commands)
        assert matches(child), commands
        assert len(ranker.calls("attach")) >= asked
    child.lua(
        "local buf = vim.api.nvim_get_current_buf() local attach = vim.api.nvim_buf_attach"
        " require('sibyl.buffer.mirror').detach(buf) vim.api.nvim_buf_attach = function(b, s, o)"
        " TELL = o.on_bytes return attach(b, s, o) end require('sibyl.buffer.mirror').attach(buf)"
        # An edit outside the text, and one that makes up for its length.
        " for _, e in ipairs({ { 9999, 5, 1 }, { 0, 1, 5 }, { 0, -3, 2 }, { 0, 5, 0 } }) do"
        " TELL('bytes', buf, 0, 0, 0, e[1], 0, 0, e[2], 0, 0, e[3]) end"
    )
    before = len(ranker.calls("edit"))
    assert matches(child)
    assert len(ranker.calls("edit")) == before  # the text came in place of them


def test_wiped_and_unloaded(scripted: Callable, tmp_path: Path) -> None:
    """A buffer that is gone is gone in the host; one that comes back is followed again."""
    child, ranker = scripted(TEXT)
    child.open(tmp_path / "second.py", "a = 1\n")
    second = child.call("bufnr")
    assert matches(child)
    child.command("bdelete!")
    child.wait_for(lambda: [second] in ranker.calls("detach"), what="the end of following")
    child.open(tmp_path / "second.py")
    child.type_keys("Gob<Esc>")
    assert matches(child)
    child.command("bwipeout!")
    child.wait_for(lambda: ranker.calls("detach").count([second]) == 2, what="the second end")


def test_hints(scripted: Callable) -> None:
    """The host hears where the next list will be asked for, once per place."""
    child, ranker = scripted("import os\n")
    child.type_keys("oos.pa")
    child.wait_for(lambda: len(ranker.calls("edit")) >= 5, what="the edits")
    child.wait_for(lambda: ranker.calls("cursor"), what="a hint")
    hints = [tuple(call) for call in ranker.calls("cursor")]
    assert len(hints) == len(set(hints))
    # "import os\nos.|pa": the member begins at byte 13.
    child.wait_for(lambda: ranker.calls("cursor")[-1][2] == 13, what="the place of the word")


def test_hint_without_an_edit(scripted: Callable) -> None:
    """Opening a file, entering insert mode, and moving in it, are enough to prepare for the word there."""
    child, ranker = scripted("os.path\nsys.argv\n")
    child.type_keys("$i")
    child.wait_for(lambda: [call[2] for call in ranker.calls("cursor")] == [0, 3], what="a hint")
    child.type_keys("<Down>")
    child.wait_for(lambda: ranker.calls("cursor")[-1][2] == 12, what="the next hint")


def test_name_is_told(scripted: Callable, tmp_path: Path) -> None:
    """The host knows the file's name, by the message on its project alone, and a new one after :file."""
    child, ranker = scripted(TEXT)
    child.wait_for(lambda: ranker.calls("project")[-1][2] == str(tmp_path / "shop.py"))
    child.command(f"file {tmp_path}/other.py")
    child.wait_for(lambda: ranker.calls("project")[-1][2] == str(tmp_path / "other.py"))
    assert {len(call) for call in ranker.calls("attach")} == {3}


def test_new_host_gets_all_buffers(scripted: Callable, tmp_path: Path) -> None:
    """When the host was killed, a new one comes and holds every buffer as it is by then."""
    child, _ = scripted(TEXT)
    child.open(tmp_path / "second.py", "a = 1\n")
    assert matches(child)
    child.lua("vim.uv.kill(require('sibyl.host.client').state.pid, 9)")
    child.type_keys("Gowhile it is away<Esc>")
    child.wait_for(lambda: not child.lua("return require('sibyl.host.client').ready()"))
    host_ready(child)
    assert matches(child)
    child.command("bprevious")
    assert matches(child)
