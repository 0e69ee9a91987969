"""Which points a sweep runs: those of its space, or those that a search asks for."""

from typing import Any

from openrow.config.sweep import Search
from openrow.errors import UserError
from openrow.sweep.ledger import Counts
from openrow.sweep.running import Sweep
from openrow.sweep.space import Choice, NamedAxis, grid_size, named_axes, point_of, points


def point_count(sweep_axes: list[NamedAxis], method: Any, replicates: int) -> int:
    """Points at most."""
    if method.model == "grid":
        return grid_size(sweep_axes) * replicates
    return int(method.points) * replicates


def chosen_points(sweep: Sweep) -> Counts:
    """Run the points of the sweep's method."""
    spec = sweep.spec
    sweep.progress.started(point_count(named_axes(spec), spec.method, spec.replicates))
    if isinstance(spec.method, Search):
        return _search(sweep, spec.method)
    return sweep.run(points(spec))


def _search(sweep: Sweep, method: Search) -> Counts:
    """Ask Optuna for points, a few at a time, and tell it what they came to.

    The sampler has a seed and is told in the order it was asked, so that a search that is resumed asks for
    the same points again and finds them done.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    several = len(method.objectives) > 1
    seed = method.seed
    sampler: Any = (
        optuna.samplers.NSGAIISampler(seed=seed) if several else optuna.samplers.TPESampler(seed=seed)
    )
    study = optuna.create_study(sampler=sampler, directions=[o.direction for o in method.objectives])
    axes = named_axes(sweep.spec)
    asked = 0
    while asked < method.points:
        batch = [study.ask() for _ in range(min(method.at_once, method.points - asked))]
        asked += len(batch)
        numbers = [_offered(sweep, axes, trial) for trial in batch]
        while sweep.is_running:
            sweep.collect()
        for trial, number in zip(batch, numbers, strict=True):
            values = None if number is None else _values(sweep, method, number)
            if values is None:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            else:
                study.tell(trial, values)
    return sweep.ledger.counts()


def _offered(sweep: Sweep, axes: list[NamedAxis], trial: Any) -> int | None:
    chosen: list[tuple[str, Choice]] = []
    for axis in axes:
        index = trial.suggest_int(axis.name, 0, len(axis.choices) - 1)
        chosen.append((axis.name, axis.choices[index]))
    point = point_of(sweep.spec, chosen, None)
    return None if point is None else sweep.offer(point)


def _values(sweep: Sweep, method: Search, number: int) -> list[float] | None:
    """The objectives of a point; None where it failed or exceeds a limit."""
    row = sweep.ledger.row(number)
    if row is None:
        return None
    for metric, most in method.limits.items():
        if _figure(row, metric) > most:
            return None
    return [_figure(row, objective.metric) for objective in method.objectives]


def _figure(row: dict[str, Any], metric: str) -> float:
    value = row.get(metric)
    if not isinstance(value, int | float):
        known = ", ".join(sorted(name for name, found in row.items() if isinstance(found, int | float)))
        raise UserError(f"sweep.method: no figure '{metric}' in the results; there are {known}")
    return float(value)
