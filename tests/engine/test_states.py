"""States: the LSTM's states along the stream.

In:   the stand-in, and the shipped model.
"""

from __future__ import annotations

import random

import numpy as np
import pytest
from standin import StandIn

from sibyl.network.model import Floats, Model
from sibyl.network.states import AHEAD, BACK, SPACING, STRIDE, WINDOW, States, window_start

WORDS = [*"self append ( , = return <nl> <in> <de> if @numpy @self array".split(), "größe", "x_y"]
BORDERS = [WINDOW, WINDOW + STRIDE, WINDOW + 2 * STRIDE, WINDOW + 5 * STRIDE]


def texts_of(length: int, seed: int = 0) -> list[str]:
    """A stream of this many tokens, without meaning."""
    chance = random.Random(seed)
    return [chance.choice(WORDS) for _ in range(length)]


def replay(model: Model | StandIn, texts: list[str], at_once: int = 251) -> Floats:
    """What is predicted after the window's tokens, read without any memory."""
    predicted, state = None, model.begin
    for start in range(window_start(len(texts)), len(texts), at_once):
        predicted, state = model.step(model.vectors(texts[start : start + at_once]), state)
    assert predicted is not None
    return predicted


def test_typing_equals_reading_with_the_real_model(model: Model) -> None:
    """In INT8, too, the way to a text leaves no trace: equal to the last bit."""
    states, texts, chance = States(model), texts_of(150), random.Random(1)
    states.advance(texts, 0)
    for number in range(150):
        first = max(0, len(texts) - chance.choice((0, 1, 1, 2, 5, 30, 200)))
        texts = texts[:first] + texts_of(chance.randrange(1, 9), number)
        got = states.advance(texts, first)
        if number % 5 == 0:
            assert np.array_equal(replay(model, texts, 1), got)


@pytest.mark.parametrize("border", BORDERS)
def test_windows_move_without_a_trace(border: int) -> None:
    """Around every border of a window, coming from both sides, typing equals reading afresh."""
    model = StandIn()
    states, texts = States(model), texts_of(border - 20)  # type: ignore[arg-type]
    states.advance(texts, 0)
    for number in range(40):
        texts = texts + texts_of(1, number)
        got = states.advance(texts, len(texts) - 1)
        assert window_start(len(texts)) == states.start
        assert np.array_equal(replay(model, texts), got)
    for _ in range(40):
        texts = texts[:-1]
        assert np.array_equal(replay(model, texts), states.advance(texts, len(texts)))


def test_typing_over_a_border_with_the_real_model(model: Model) -> None:
    """Whether a window was made ahead, all at once, or kept from before: equal to the last bit."""
    border = WINDOW + STRIDE
    states, texts = States(model), texts_of(border + 200)
    for tokens in [*range(border - AHEAD - 2, border + 5), *range(border + 5, border - 5, -1)]:
        got = states.advance(texts[:tokens], tokens - 1)
        if tokens in (border - AHEAD, border - 1, border, border + 3):
            assert np.array_equal(replay(model, texts[:tokens]), got)
            assert np.array_equal(States(model).advance(texts[:tokens], 0), got)


@pytest.mark.parametrize("beyond", [-AHEAD - 5, -AHEAD // 2, -100, -34, -33, -32, -3, 0, 5])
def test_no_key_pays_for_a_window(beyond: int) -> None:
    """Wherever near a border a file is opened: typing over it, back, and over it again costs little a key."""
    model, border = StandIn(), WINDOW + 3 * STRIDE
    states, texts = States(model), texts_of(border + 2 * AHEAD)  # type: ignore[arg-type]
    tokens = border + beyond
    states.advance(texts[:tokens], 0)
    if beyond >= 0:
        states.rest(texts[:tokens])
    border_end, back = border + BACK - 1, border - 100
    walk = [*range(tokens, border_end), *range(border_end, back, -1), *range(back, border + AHEAD)]
    for tokens in walk:
        model.tokens = 0
        got = states.advance(texts[:tokens], tokens - 1)
        assert model.tokens <= 3 * SPACING, tokens - border
        if abs(tokens - border) < 2:
            assert np.array_equal(replay(model, texts[:tokens]), got)


def test_opening_near_a_border_costs_no_more_than_elsewhere() -> None:
    """Only right before a border, where no keys are left to do it with, the next window is read at once."""
    costs = {}
    for beyond in (-AHEAD - 1, -AHEAD, -100, -40, -5, 5):
        model, tokens = StandIn(), WINDOW + 3 * STRIDE + beyond
        States(model).advance(texts_of(tokens), 0)  # type: ignore[arg-type]
        costs[beyond] = model.tokens - (tokens - window_start(tokens))
    assert costs.pop(-5) > WINDOW // 2
    assert max(costs.values()) <= 2 * SPACING


def test_a_rest_makes_the_window_behind_a_border_ready() -> None:
    """After a quiet moment even the first key over a border, in either direction, costs little."""
    for beyond, step in ((-300, 300), (200, -220)):
        model, tokens = StandIn(), WINDOW + 3 * STRIDE + beyond
        states, texts = States(model), texts_of(tokens + 400)  # type: ignore[arg-type]
        states.advance(texts[:tokens], 0)
        states.rest(texts[:tokens])
        model.tokens = 0
        got = states.advance(texts[: tokens + step], min(tokens, tokens + step))
        assert np.array_equal(replay(StandIn(), texts[: tokens + step]), got)
        assert model.tokens <= max(step, 0) + 3 * SPACING


def test_a_list_does_not_wait_for_the_next_window() -> None:
    """A key near a border reads its own tokens only; the window behind it is read when nothing waits."""
    model, tokens = StandIn(), WINDOW + 3 * STRIDE - AHEAD + 50
    states, texts = States(model), texts_of(tokens + 100)  # type: ignore[arg-type]
    states.advance(texts[:tokens], 0)
    model.tokens = 0
    states.advance(texts[: tokens + 1], tokens)
    assert model.tokens == 1
    states.ahead(texts[: tokens + 1])
    assert 1 < model.tokens <= 3 * SPACING


def test_any_walk_equals_a_replay() -> None:
    """Growing, shrinking, jumping far and changing in the middle: always as from scratch."""
    model, chance = StandIn(), random.Random(3)
    states, texts = States(model), texts_of(300)  # type: ignore[arg-type]
    states.advance(texts, 0)
    for number in range(400):
        first = max(0, len(texts) - chance.choice((0, 0, 1, 3, 50, 64, 65, 700, 6000)))
        texts = texts[:first] + texts_of(chance.choice((0, 1, 1, 2, 64, 900)), number)
        if not texts:
            texts = texts_of(3, number)
            first = 0
        got = states.advance(texts, first)
        assert np.array_equal(replay(model, texts), got)
        assert got is states.predicted


def test_windows_are_bounded() -> None:
    """The context is the whole file up to a bound, and never less than the window behind it."""
    for tokens in (0, 1, WINDOW, WINDOW + STRIDE - 1, WINDOW + STRIDE, 10**6):
        seen = tokens - window_start(tokens)
        assert min(tokens, WINDOW) <= seen <= WINDOW + STRIDE
        assert window_start(tokens) % STRIDE == 0


def test_one_token_costs_one_token() -> None:
    """What a keystroke costs does not grow with the file; where a window is about to move it is a little."""
    model = StandIn()
    states, texts = States(model), texts_of(WINDOW + STRIDE - AHEAD - 200)  # type: ignore[arg-type]
    states.advance(texts, 0)
    costs = []
    for number in range(AHEAD + BACK + 400):
        texts = texts + texts_of(1, number)
        model.tokens = 0
        states.advance(texts, len(texts) - 1)
        costs.append(model.tokens)
    assert set(costs[:100]) == set(costs[-100:]) == {1}
    assert max(costs) <= 3 * SPACING


def test_going_back_reads_few_tokens_again() -> None:
    """Going back a little costs a check-point's distance, not the file."""
    model, chance = StandIn(), random.Random(5)
    states, texts = States(model), texts_of(3000)  # type: ignore[arg-type]
    states.advance(texts, 0)
    for number in range(300):
        first = len(texts) - chance.randrange(1, 40)
        texts = texts[:first] + texts_of(chance.randrange(1, 30), number)
        model.tokens = 0
        states.advance(texts, first)
        assert model.tokens <= 40 + 30 + SPACING


def test_check_points_stay_few() -> None:
    """Hours of typing do not fill the memory with states."""
    states, texts = States(StandIn()), texts_of(5000)  # type: ignore[arg-type]
    states.advance(texts, 0)
    for number in range(6000):
        texts = texts[:-1] if number % 3 == 2 else texts + texts_of(1, number)
        states.advance(texts, len(texts) - 1)
        for window in (states._now, states._other):
            if window is not None:
                assert len(window._counts) == len(window._states) <= WINDOW // SPACING + 100


@pytest.mark.parametrize("tokens", [100, WINDOW + STRIDE - 50, WINDOW + STRIDE + 50])
def test_nothing_changed_costs_nothing(tokens: int) -> None:
    """Asked twice, the answer is at hand: a list waits for nothing, not even near a border."""
    model = StandIn()
    states, texts = States(model), texts_of(tokens)  # type: ignore[arg-type]
    before = states.advance(texts, 0)
    model.tokens = 0
    assert states.advance(texts, len(texts)) is before
    assert model.tokens == 0


def test_an_empty_text_predicts_something(model: Model) -> None:
    """The first word of a file has an order, too, and the same one again after undoing all."""
    states = States(model)
    before = states.advance([], 0).copy()
    assert np.isfinite(before).all()
    states.advance(["import", "os"], 0)
    assert np.array_equal(before, states.advance([], 0))


def test_a_window_predicts_nearly_what_the_whole_file_does(model: Model) -> None:
    """An LSTM forgets: what lies before the window hardly changes what is predicted after it."""
    texts = texts_of(WINDOW + STRIDE + 10)
    whole, state = None, model.begin
    for start in range(0, len(texts), 512):
        whole, state = model.step(model.vectors(texts[start : start + 512]), state)
    windowed = States(model).advance(texts, 0)
    assert whole is not None
    near = float(whole @ windowed / np.linalg.norm(whole) / np.linalg.norm(windowed))
    assert near > 0.97
