"""Lets things go wrong in charts, as often as charts.yaml says and in its order."""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from itertools import accumulate
from math import log
from types import ModuleType
from typing import Any

from service.population.generate.awkward import lines, listed, names, people, results, values, whose
from service.population.generate.awkward.case import Case, Chart
from service.population.generate.shelf import Shelf
from service.population.generate.wishes import Dice, Wish

MODULES = (people, values, results, listed, names, whose, lines)
Happening = Callable[[Case], None]


def happenings() -> dict[str, Happening]:
    """Return everything that can go wrong, by its name."""
    return {name: do for module in MODULES for name, do in _public(module).items()}


def _public(module: ModuleType) -> dict[str, Happening]:
    own = {name: do for name, do in vars(module).items() if getattr(do, "__module__", "") == module.__name__}
    return {name: do for name, do in own.items() if not name.startswith("_") and name != "number_of"}


class Awkward:
    """Draws what befalls a chart: every thing on its own, so that one chart may meet several or none."""

    def __init__(self, data: Mapping[str, Any], wish: Wish, shelf: Shelf, dice: Dice) -> None:
        known = happenings()
        self._happenings = [known[name] for name in data["awkward"]]
        self._ends = [*accumulate(share / 100 * wish.awkward for share in data["awkward"].values())]
        self._draw = dice.draw
        self._case = Case(dice, shelf.spare, data["awkward_words"], wish.as_of)

    def befall(self, who: str, chart: Chart) -> None:
        """Let happen to a chart what chance says."""
        # The things lie side by side on a line, each as long as it is frequent; chance walks along it in random steps
        # (a Poisson process), so that a chart which nothing befalls costs one step.
        at = self._step()
        while at < self._ends[-1]:
            self._happenings[bisect_right(self._ends, at)](self._case.open(who, chart))
            at += self._step()

    def _step(self) -> float:
        return -log(1 - self._draw())
