"""What the search for settings promises: one study, several workers, nothing lost when one is killed.

In: small streams.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
optuna = pytest.importorskip("optuna")

from small_repositories import ENVIRONMENT, last_line, start  # noqa: E402

from sibyl.errors import LearnError  # noqa: E402
from sibyl.learn.experiments import study, tune  # noqa: E402
from sibyl.learn.training.ablations import with_vocabulary  # noqa: E402
from sibyl.learn.training.checkpoints import load_network  # noqa: E402

pytestmark = [pytest.mark.learn, pytest.mark.slow, pytest.mark.timeout(600)]
TRAIN = "--lanes 4 --length 32 --warm 2 --sample 100 --float --val-steps 2 --val-lanes 4"


def given(streams: Path, out: Path, trials: int, more: str = "", steps: int = 8) -> list[str]:
    """Arguments of a small search."""
    words = f"--streams {streams} --out {out} --trials {trials} --steps {steps} --every 2"
    words += f" --embedding 8 16 --hidden 12 24 {more}"
    return [*words.split(), "--train", TRAIN]


def result(out: Path) -> dict:
    """What a search found."""
    return json.loads((out / "tune.json").read_text())


def test_a_search_finds_settings_and_goes_on_where_it_was(streams: Path, tmp_path: Path) -> None:
    """Two trials, then one more by the same command; vocabularies are searched, too."""
    other = with_vocabulary(streams, tmp_path / "other", 50, 60, 16)
    out = tmp_path / "tune"
    tune.main(given(streams, out, 2, f"--streams {other}"))
    first = result(out)["trials"]
    assert len(first) == 2
    tune.main(given(streams, out, 3, f"--streams {other}"))
    best_result = result(out)
    assert best_result["trials"][:2] == first and len(best_result["trials"]) == 3
    done = [trial for trial in best_result["trials"] if trial["state"] == "complete"]
    assert best_result["best"]["mrr"] == max(trial["mrr"] for trial in done)
    best = load_network(out / best_result["best"]["folder"] / "best.pt")[1]
    assert best["progress"]["best"] == best_result["best"]["mrr"]
    assert best["sizes"]["hidden"] == best_result["best"]["settings"]["hidden"]
    assert best_result["best"]["settings"]["streams"] in (str(streams), str(other))
    tune.main(given(streams, out, 3, f"--streams {other}"))  # nothing is left to do
    assert result(out) == best_result


def test_two_workers_share_one_study(streams: Path, tmp_path: Path) -> None:
    """The same command started twice: together they do the trials, each in its own folder."""
    workers = [start("tune", *given(streams, tmp_path, 4)) for _ in range(2)]
    for worker in workers:
        _, output = worker.communicate(timeout=200)
        assert worker.returncode == 0, output
    trials = result(tmp_path)["trials"]
    assert (
        4 <= len(trials) <= 5
    )  # the second may be in the middle of one when the first ends the last
    assert len({trial["folder"] for trial in trials}) == len(trials)


def began(streams: Path, out: Path) -> subprocess.Popen:
    """A worker that is in the middle of its first, long trial; it gives a sign of life every second."""
    code = (
        "import sys; from sibyl.learn import stages; from sibyl.learn.experiments import study; "
        "study._BEAT = 1; sys.exit(stages.main())"
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", code, "tune", *given(streams, out, 1, steps=60)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )
    while not (out / "trial-000" / "last.pt").exists():
        assert worker.poll() is None, worker.communicate()
        time.sleep(0.02)
    return worker


def goes_on(streams: Path, out: Path) -> bool:
    """Whether the next worker brings the first trial to its end, from where it was."""
    before = load_network(out / "trial-000" / "last.pt")[1]
    tune.main(given(streams, out, 1, steps=60))
    best_result = result(out)
    after = load_network(out / "trial-000" / "last.pt")[1]
    return (
        [trial["folder"] for trial in best_result["trials"]] == ["trial-000"]
        and before["sizes"] == after["sizes"]
        and 0 < before["progress"]["step"] < after["progress"]["step"] == 60
    )


def test_an_interrupted_trial_goes_on(streams: Path, tmp_path: Path) -> None:
    """Asked to end in the middle of a trial: one sentence, and the next worker takes it up."""
    worker = began(streams, tmp_path)
    worker.send_signal(signal.SIGTERM)
    _, output = worker.communicate(timeout=100)
    assert worker.returncode == 130
    assert last_line(output) == "sibyl.learn tune: stopped; the same command goes on from here."
    assert goes_on(streams, tmp_path)


def test_a_killed_workers_trial_goes_on(
    streams: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trial whose worker gives no sign of life any more is taken up by the next."""
    worker = began(streams, tmp_path)
    worker.kill()
    worker.communicate()
    time.sleep(5)  # three signs missed, in SQLite's whole seconds
    monkeypatch.setattr(study, "_BEAT", 1)
    assert goes_on(streams, tmp_path)


def test_a_trial_whose_worker_died_is_done_again_with_its_settings(
    streams: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Called again with a trial's number, a worker takes over what the dead one tried; a third does nothing."""
    trained: list[str] = []

    def training(asked: argparse.Namespace, processes: object, report: object) -> None:
        trained.append(asked.out.name)
        asked.out.mkdir(parents=True)
        (asked.out / "log.jsonl").write_text('{"step": 2, "mrr": 0.5}\n')

    monkeypatch.setattr(tune, "train", training)
    options = tune.parser().parse_args(given(streams, tmp_path, 2))
    search = study.opened(options.out, beats=False)
    dead = search.ask()  # begun, and its worker killed
    search.sampler = study.sampler(options, 7)
    dead.set_user_attr("folder", "trial-001")
    tune.arguments(dead, options, tmp_path / "trial-001")
    for _ in range(2):
        assert tune.one_trial(options, 1) == "trial-001"
    before, after = search.get_trials()
    assert (before.state.name, after.state.name) == ("FAIL", "COMPLETE")
    assert before.params == after.params != {}
    assert trained == ["trial-001"]


def test_a_network_that_is_too_large_is_not_trained(streams: Path, tmp_path: Path) -> None:
    """With almost no room, all trials are pruned, and no training begins."""
    tune.main(given(streams, tmp_path, 2, "--mb 0.001"))
    assert {trial["state"] for trial in result(tmp_path)["trials"]} == {"pruned"}
    assert result(tmp_path)["best"] is None
    assert not list(tmp_path.glob("trial-*/last.pt"))


def test_trials_below_the_median_are_pruned(
    streams: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trial that is worse than the others at the same step ends there."""
    steps: list[int] = []

    def training(options: object, processes: object, report: object) -> None:
        number = len(steps)
        steps.append(0)
        folder = Path(options.out)  # type: ignore[attr-defined]
        folder.mkdir(parents=True)
        for step in (2, 4, 6, 8):
            steps[-1] = step
            mrr = 0.5 if number < 4 else 0.1
            with (folder / "log.jsonl").open("a") as file:
                file.write(json.dumps({"step": step, "mrr": mrr}) + "\n")
            report(step, {"mrr": mrr})  # type: ignore[operator]

    monkeypatch.setattr(tune, "train", training)
    tune.main(given(streams, tmp_path, 5))
    assert steps[:4] == [8] * 4 and steps[4] < 8
    assert [trial["state"] for trial in result(tmp_path)["trials"]] == ["complete"] * 4 + ["pruned"]


CHANGED = {
    "--steps 6": "steps 8, not 6",
    "--every 4": "every 2, not 4",
    "--mb 3": "mb 4.0, not 3.0",
    "--hidden 12 36": "hidden [12, 24], not [12, 36]",
    "--embedding 8": "embedding [8, 16], not [8]",
    "--train=--float": f"train {TRAIN}, not --float",
    "--streams OTHER": 'streams ["STREAMS"], not ["STREAMS", "OTHER"]',
}


def test_a_search_with_other_settings_is_refused(
    streams: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trials that were judged otherwise do not stand in one study; the sentence names the difference."""

    def training(options: argparse.Namespace, processes: object, report: object) -> None:
        options.out.mkdir(parents=True)
        (options.out / "log.jsonl").write_text('{"step": 2, "mrr": 0.5}\n')

    monkeypatch.setattr(tune, "train", training)
    shutil.copytree(streams, tmp_path / "other")
    out = tmp_path / "tune"
    tune.main(given(streams, out, 1))
    first = result(out)
    for option, difference in CHANGED.items():
        for word, place in {"STREAMS": streams, "OTHER": tmp_path / "other"}.items():
            option, difference = (text.replace(word, str(place)) for text in (option, difference))
        with pytest.raises(LearnError) as refusal:
            tune.main([*given(streams, out, 2), *option.split()])
        assert str(refusal.value) == (
            f"The work in {out} was begun with {difference}; ask for the same, or for another --out."
        )
    assert result(out) == first
    tune.main([*given(streams, out, 2), "--threads", "2"])  # more trials, another machine
    assert len(result(out)["trials"]) == 2


def test_a_search_over_changed_streams_is_refused(
    streams: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Streams that were made again in the same folder, with other words, are not what the first trials read."""
    monkeypatch.setattr(tune, "objective", lambda *_: 0.5)
    shutil.copytree(streams, tmp_path / "mine")
    tune.main(given(tmp_path / "mine", tmp_path / "tune", 1))
    about = json.loads((tmp_path / "mine" / "streams.json").read_text())
    changed = json.dumps(about | {"vocab": "another"})
    (tmp_path / "mine" / "streams.json").write_text(changed)
    with pytest.raises(LearnError, match=r'begun with vocab \["[0-9a-f]+"\], not \["another"\];'):
        tune.main(given(tmp_path / "mine", tmp_path / "tune", 2))


def test_a_study_that_is_none_is_told(streams: Path, tmp_path: Path) -> None:
    """A file that is no database ends in one sentence."""
    (tmp_path / "study.db").write_bytes(b"not a database" * 100)
    with pytest.raises(LearnError, match="cannot be opened") as refusal:
        tune.main(given(streams, tmp_path, 1))
    assert len(str(refusal.value).splitlines()) == 1
