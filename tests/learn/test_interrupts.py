"""What interrupts promise: a process that is asked to end does so, and never in the middle of a transaction.

In: signals to this process, from the very places where they do harm.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
optuna = pytest.importorskip("optuna")

from small_repositories import ENVIRONMENT  # noqa: E402
from test_tune import given  # noqa: E402

from sibyl.learn.experiments import tune  # noqa: E402
from sibyl.learn.interrupts import Interrupts, waiting  # noqa: E402

pytestmark = pytest.mark.learn
SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture(autouse=True)
def like_a_stage() -> Iterator[None]:
    """Both signals raise KeyboardInterrupt, as in a stage; afterwards the handlers are those of before."""
    before = [signal.signal(number, signal.default_int_handler) for number in SIGNALS]
    yield
    assert [signal.getsignal(number) for number in SIGNALS] == [signal.default_int_handler] * 2
    for number, handler in zip(SIGNALS, before, strict=True):
        signal.signal(number, handler)


def strike(number: int = signal.SIGTERM) -> None:
    """Ask this process to end."""
    signal.raise_signal(number)


def done_before(block: Callable[[Interrupts], Iterator[str]]) -> list[str]:
    """What a block of waiting interrupts did before it was interrupted."""
    done: list[str] = []

    def run() -> None:
        with waiting() as interrupts:
            done.extend(block(interrupts))

    with pytest.raises(KeyboardInterrupt):
        run()
    return done


@pytest.mark.parametrize("number", SIGNALS)
def test_an_interrupt_waits_for_the_end(number: int) -> None:
    """Where nothing lets it in, it comes when the block has done its work."""

    def block(_: Interrupts) -> Iterator[str]:
        strike(number)
        yield "the work"

    assert done_before(block) == ["the work"]


def test_an_interrupt_waits_for_a_part_that_lets_it_in() -> None:
    """One that waits comes as soon as such a part begins, and one in such a part at once."""

    def waits(interrupts: Interrupts) -> Iterator[str]:
        strike()
        yield "before"
        with interrupts.let_in():
            yield "inside"

    def at_once(interrupts: Interrupts) -> Iterator[str]:
        with interrupts.let_in():
            strike()
            yield "inside"

    assert done_before(waits) == ["before"]
    assert done_before(at_once) == []


def test_a_part_of_a_part_keeps_interrupts_out() -> None:
    """It does its work, then the interrupt comes; the next one after that part is let in again."""

    def in_it(interrupts: Interrupts) -> Iterator[str]:
        with interrupts.let_in():
            with interrupts.kept_out():
                strike()
                yield "the work"
            yield "after"

    def after_it(interrupts: Interrupts) -> Iterator[str]:
        with interrupts.let_in():
            with interrupts.kept_out():
                yield "the work"
            strike()
            yield "after"

    assert done_before(in_it) == done_before(after_it) == ["the work"]


def test_what_follows_a_part_that_lets_in_is_safe_again() -> None:
    """After the network is trained, the study is written: no interrupt there."""

    def block(interrupts: Interrupts) -> Iterator[str]:
        with interrupts.let_in():
            yield "training"
        strike()
        yield "writing"

    assert done_before(block) == ["training", "writing"]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("number", SIGNALS)
def test_asked_twice_a_process_is_killed(number: signal.Signals) -> None:
    """A second Ctrl-C does not wait for a transaction that takes for ever, nor for a lock of its own."""
    code = (
        "import signal, time\n"
        "from sibyl.learn.interrupts import waiting\n"
        "try:\n"
        "    with waiting():\n"
        f"        signal.raise_signal({int(number)})\n"
        "        print('the work', flush=True)\n"
        f"        signal.raise_signal({int(number)})\n"
        "        print('more work', flush=True)\n"
        "finally:\n"
        "    print('the end', flush=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT, check=False
    )
    assert (done.returncode, done.stdout) == (-number, "the work\n")


def test_an_error_is_not_hidden_by_an_interrupt() -> None:
    """What went wrong in the block is what its caller gets."""

    def run() -> None:
        with waiting():
            strike()
            raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        run()


def test_in_other_threads_nothing_changes() -> None:
    """A cluster's workers run in threads, which no signal reaches."""
    handlers = []

    def work() -> None:
        with waiting() as interrupts, interrupts.let_in(), interrupts.kept_out():
            handlers.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert handlers == [signal.default_int_handler]


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [False, True], ids=["one process", "a worker's call"])
@pytest.mark.parametrize(
    ("owner", "name"),
    [(optuna.Trial, "report"), (optuna.Trial, "should_prune"), (optuna.Study, "ask")],
)
def test_no_interrupt_comes_while_the_study_is_written(
    owner: type,
    name: str,
    jobs: bool,
    streams: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A search that is asked to end while it writes its study ends after that, and the study is not locked."""
    ended = []
    original = getattr(owner, name)

    def struck(*arguments: Any, **options: Any) -> Any:
        if not ended:
            strike()
        result = original(*arguments, **options)
        ended.append(name)
        return result

    def training(options: Any, processes: object, report: Any) -> None:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "log.jsonl").write_text('{"step": 2, "mrr": 0.5}\n')
        report(2, {"mrr": 0.5})

    monkeypatch.setattr(tune, "train", training)
    monkeypatch.setattr(owner, name, struck)
    arguments = given(streams, tmp_path, 1)
    options = tune.parser().parse_args(arguments)
    with pytest.raises(KeyboardInterrupt):
        tune.one_trial(options, 0) if jobs else tune.main(arguments)
    assert ended
    assert jobs or not (tmp_path / "tune.json").exists()
    tune.main(arguments)
    assert (tmp_path / "tune.json").exists()
