"""Download packages of a Debian suite with everything they depend on, as anybody, into a folder.

In:   the mirror that this machine's own apt uses; a suite; names of packages.
Out:  `Apt(folder, suite).packages(names)`: the downloaded files, their signatures checked.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
TRIES = 4


class CannotBring(Exception):
    """Neovim cannot be had here; the message is one sentence a person can act on."""


def say(text: str) -> None:
    """Tell a waiting person what goes on; stdout is kept for the paths."""
    print(f"bring: {text}", file=sys.stderr, flush=True)


def run(*command: str | Path) -> str:
    """Run to the end and return what was printed; failing raises with the last error, or the last line."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        raise CannotBring(f"This needs the program {command[0]}, which is not here.") from None
    if done.returncode:
        printed = done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}"
        last = printed.splitlines()[-1]
        raise CannotBring(f"`{Path(command[0]).name}` failed: {last}")
    return done.stdout


def again(*command: str | Path) -> str:
    """Like run, for commands that use the network: a mirror may falter for a moment."""
    for attempt in range(1, TRIES):
        try:
            return run(*command)
        except CannotBring as problem:
            say(f"{problem} Trying again ({attempt} of {TRIES - 1}).")
            time.sleep(3 * attempt)
    return run(*command)


def release() -> str:
    """What this system says it is."""
    path = Path("/etc/os-release")
    return path.read_text() if path.exists() else ""


def mirror() -> str:
    """The Debian mirror this machine itself uses, as its own apt configuration says."""
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise CannotBring(
            "No Neovim 0.10.4 or newer is on PATH, and without apt this script cannot bring one."
        )
    lines = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(COMPONENT)").splitlines()
    plain = [uri for uri, part in (x.split() for x in lines if " " in x) if part == "main"]
    # Security and other side archives lack the suites we want; the main archive ends in /debian.
    likely = [uri for uri in plain if re.fullmatch(r"[a-z+]+:.*/debian/?", uri)]
    if not likely and "ID=debian" in release().split():
        likely = [uri for uri in plain if "security" not in uri]
    if likely:
        return likely[0]
    raise CannotBring(
        "No Neovim 0.10.4 or newer is on PATH, and apt here knows no Debian mirror to bring one."
    )


class Apt:
    """An apt-get that knows one suite and believes nothing to be installed."""

    def __init__(self, place: Path, suite: str) -> None:
        """Write the configuration into `place`; nothing is fetched yet."""
        self.place, self.suite = place, suite
        for folder in ("lists/partial", "cache/archives/partial", "parts"):
            (place / folder).mkdir(parents=True, exist_ok=True)
        (place / "status").write_text("")
        # A machine without the keyring cannot check signatures; the files then come as they are.
        trust = f"signed-by={KEYRING}" if KEYRING.exists() else "trusted=yes"
        if not KEYRING.exists():
            say(f"{KEYRING.name} is not here, so the packages' signatures are not checked.")
        (place / "sources.list").write_text(f"deb [{trust}] {mirror()} {suite} main\n")
        settings = {
            "Dir::State::lists": place / "lists",
            "Dir::State::status": place / "status",
            "Dir::State::extended_states": place / "extended",
            "Dir::Cache": place / "cache",
            "Dir::Cache::archives": place / "cache/archives",
            "Dir::Etc::sourcelist": place / "sources.list",
            "Dir::Etc::sourceparts": place / "parts",
            "Dir::Etc::preferences": place / "none",
            "Dir::Etc::preferencesparts": place / "parts",
            "Dir::Log": place,
            # apt as root reads as another user, who may not enter this folder.
            "APT::Sandbox::User": "root",
            "Acquire::Languages": "none",
            "APT::Install-Recommends": "false",
        }
        text = "".join(f'{key} "{value}";\n' for key, value in settings.items())
        (place / "apt.conf").write_text(text)

    def packages(self, names: list[str]) -> list[Path]:
        """Download the named packages and all they depend on; what is there already is kept."""
        conf = ("-q", "-c", self.place / "apt.conf")
        again("apt-get", *conf, "update", "-o", "APT::Update::Error-Mode=any")
        again("apt-get", *conf, "install", "-y", "--download-only", *names)
        wanted = run("apt-get", *conf, "install", "-y", "--print-uris", *names)
        # After the download only what is still missing has a line here.
        if re.search(r"^'", wanted, re.MULTILINE):
            raise CannotBring(f"Some packages of {self.suite} did not arrive; run this again.")
        return sorted((self.place / "cache/archives").glob("*.deb"))
