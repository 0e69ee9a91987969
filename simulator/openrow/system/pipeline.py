"""A pipeline of stages on devices, in SimPy: a stage begins when those before it are done and its device is
free."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

import simpy

from openrow.errors import UserError


@dataclass(frozen=True)
class Task:
    """One stage: how long it takes where, and what it waits for."""

    name: str
    device: str
    time_ps: int
    after: tuple[str, ...]


@dataclass(frozen=True)
class Span:
    """When a stage ran."""

    begin_ps: int
    end_ps: int


def check_tasks(tasks: Sequence[Task]) -> None:
    """Refuse stages of one name, and stages that wait for one that does not come before them.

    Raises
    ------
    UserError
        With the stage.
    """
    known: set[str] = set()
    for task in tasks:
        if task.name in known:
            raise UserError(f"workload.stages: two stages are called '{task.name}'")
        for name in task.after:
            if name not in known:
                raise UserError(
                    f"workload.stages: '{task.name}' waits for '{name}', which is no stage before it"
                )
        known.add(task.name)


def schedule(tasks: Sequence[Task]) -> dict[str, Span]:
    """Run the stages; each device runs one at a time, in the order in which they are ready.

    Raises
    ------
    UserError
        As :func:`check_tasks`.
    """
    check_tasks(tasks)
    env = simpy.Environment()
    devices = {name: simpy.Resource(env) for name in sorted({task.device for task in tasks})}
    done = {task.name: env.event() for task in tasks}
    spans: dict[str, Span] = {}
    for task in tasks:
        env.process(_run(env, task, devices, done, spans))
    env.run()
    return spans


def _run(
    env: simpy.Environment,
    task: Task,
    devices: Mapping[str, simpy.Resource],
    done: Mapping[str, simpy.Event],
    spans: dict[str, Span],
) -> Generator[simpy.Event, None, None]:
    yield env.all_of([done[name] for name in task.after])
    with devices[task.device].request() as turn:
        yield turn
        begin = int(env.now)
        yield env.timeout(task.time_ps)
        spans[task.name] = Span(begin, int(env.now))
    done[task.name].succeed()
