"""Which points a sweep runs: those of its space, or those that a search asks for."""

from typing import Any

from openrow.config.sweep import Search, SweepSpec
from openrow.errors import UserError
from openrow.sweep.ledger import Counts
from openrow.sweep.points_at_work import Sweep
from openrow.sweep.space import Choice, NamedAxis, conditions, grid_size, named_axes, point_of, points


def point_count(spec: SweepSpec) -> int:
    """Points at most: conditions may forbid some, and drawn ones may be the same."""
    if spec.method.model == "grid":
        return grid_size(named_axes(spec)) * spec.replicates
    if spec.method.model == "random":
        return min(spec.method.points, grid_size(named_axes(spec))) * spec.replicates
    return spec.method.points * spec.replicates


def chosen_points(sweep: Sweep) -> Counts:
    """Run the points of the sweep's method."""
    spec = sweep.spec
    sweep.progress.started(point_count(spec))
    if isinstance(spec.method, Search):
        return _Searching(sweep, spec.method).run()
    return sweep.run(points(spec))


class _Searching:
    """A search at work: Optuna is asked for points, a few at a time, and told what they came to.

    Its sampler has a seed and is told in the order it was asked, so that a search that is resumed asks for
    the same points again and finds them done.
    """

    def __init__(self, sweep: Sweep, method: Search) -> None:
        import optuna

        self._sweep, self._method = sweep, method
        self._axes, self._where = named_axes(sweep.spec), conditions(sweep.spec)
        self._failed = optuna.trial.TrialState.FAIL
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._study: Any = optuna.create_study(
            sampler=_sampler(method), directions=[objective.direction for objective in method.objectives]
        )

    def run(self) -> Counts:
        """Ask and tell until the budget is spent."""
        asked = 0
        while asked < self._method.points:
            batch = [self._study.ask() for _ in range(min(self._method.at_once, self._method.points - asked))]
            asked += len(batch)
            numbers = [self._offered(trial) for trial in batch]
            while self._sweep.is_running:
                self._sweep.collect()
            for trial, number in zip(batch, numbers, strict=True):
                self._tell(trial, number)
        return self._sweep.ledger.counts()

    def _offered(self, trial: Any) -> int | None:
        """Start what a trial asks for; None where a condition forbids it."""
        chosen = [(axis.name, _suggested(trial, axis)) for axis in self._axes]
        point = point_of(self._where, chosen, None)
        return None if point is None else self._sweep.offer(point)

    def _tell(self, trial: Any, number: int | None) -> None:
        row = None if number is None else self._sweep.ledger.row(number)
        if row is None:
            self._study.tell(trial, state=self._failed)
            return
        for metric, most in self._method.limits.items():
            trial.set_constraint(metric, _figure(row, metric) - most)
        self._study.tell(trial, [_figure(row, objective.metric) for objective in self._method.objectives])


def _sampler(method: Search) -> Any:
    """TPE for one objective, NSGA-II for several; both prefer what keeps the limits."""
    import optuna

    kind: Any = optuna.samplers.NSGAIISampler if len(method.objectives) > 1 else optuna.samplers.TPESampler
    return kind(seed=method.seed)


def _suggested(trial: Any, axis: NamedAxis) -> Choice:
    """The choice a trial makes on an axis: numbers have an order to learn from, names have none."""
    count = len(axis.choices)
    ordered = all(
        isinstance(choice.label, int | float) and not isinstance(choice.label, bool)
        for choice in axis.choices
    )
    index: int = (
        trial.suggest_int(axis.name, 0, count - 1)
        if ordered
        else trial.suggest_categorical(axis.name, list(range(count)))
    )
    return axis.choices[index]


def _figure(row: dict[str, Any], metric: str) -> float:
    from openrow.config.problems import nearest

    value = row.get(metric)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    known = sorted(name for name, found in row.items() if isinstance(found, int | float))
    near = nearest(metric, known)
    hint = f"the nearest is '{near}'" if near else f"there are {', '.join(known)}"
    raise UserError(f"sweep.method: there is no figure '{metric}' in the results; {hint}")
