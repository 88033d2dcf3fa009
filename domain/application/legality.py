"""Which facts break the rules of their aggregate: folds the streams of tasks, nodes and stakes as facts arrive."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias, get_args

from domain.application.ports import EventLog
from domain.application.standing import Stands
from domain.kernel.event import Event
from domain.kernel.ids import StreamName
from domain.kernel.streams import category_of
from domain.kernel.violation import Violation
from domain.node import rules as node_rules
from domain.node import state as node_state
from domain.node.events import NodeEvent
from domain.stake import rules as stake_rules
from domain.stake import state as stake_state
from domain.stake.events import StakeEvent
from domain.task import rules as task_rules
from domain.task import state as task_state
from domain.task.events import TaskEvent

_State: TypeAlias = node_state.NodeState | stake_state.StakeState | task_state.TaskState

_NODE_EVENTS: Final = get_args(NodeEvent)
_STAKE_EVENTS: Final = get_args(StakeEvent)
_TASK_EVENTS: Final = get_args(TaskEvent)

_UNKNOWN: Final[Mapping[str, _State]] = {
    "node": node_state.UNKNOWN_NODE,
    "stake": stake_state.EMPTY_STAKE,
    "task": task_state.UNKNOWN_TASK,
}
"""The state before the first event, by the category of the stream."""


class Legality:
    """Remembers up to `capacity` streams; a forgotten one is folded again from the log when it is needed."""

    def __init__(self, log: EventLog, *, capacity: int = 8192) -> None:
        self._log = log
        self._capacity = capacity
        self._states: OrderedDict[StreamName, _State] = OrderedDict()

    def prepare(self, streams: Iterable[StreamName], stands: Stands) -> None:
        """Load the states of the streams that facts are about to arrive for: the folds of what stands there.

        States that are remembered are trusted: after a reorganisation, `forget` comes first.
        """
        wanted = dict.fromkeys(each for each in streams if category_of(each) in _UNKNOWN)
        for stream in wanted:
            if stream in self._states:
                self._states.move_to_end(stream)
        missing = [stream for stream in wanted if stream not in self._states]
        stored = self._log.versions(missing)
        for stream in missing:
            state = _UNKNOWN[category_of(stream)]
            if stored.get(stream, 0):
                for recorded in self._log.read_stream(stream):
                    if stands(recorded.position):
                        state = _evolved(state, recorded.event)
            self._states[stream] = state

    def judge(self, stream: StreamName, event: Event) -> tuple[Violation, ...]:
        """Return the rules that the fact breaks, and take it into the stream's state all the same."""
        state = self._states.get(stream)
        match state:
            case node_state.NodeState() if isinstance(event, _NODE_EVENTS):
                broken = node_rules.violations(state, event)
            case stake_state.StakeState() if isinstance(event, _STAKE_EVENTS):
                broken = stake_rules.violations(state, event)
            case task_state.TaskState() if isinstance(event, _TASK_EVENTS):
                broken = task_rules.violations(state, event)
            case _:
                return ()
        self._states[stream] = _evolved(state, event)
        return broken

    def trim(self) -> None:
        """Forget the streams that were not needed for longest, down to the capacity."""
        while len(self._states) > self._capacity:
            self._states.popitem(last=False)

    def forget(self) -> None:
        """Forget everything: what was judged did not enter the log, or stands no more."""
        self._states.clear()


def _evolved(state: _State, event: Event) -> _State:
    match state:
        case node_state.NodeState() if isinstance(event, _NODE_EVENTS):
            return node_state.evolve(state, event)
        case stake_state.StakeState() if isinstance(event, _STAKE_EVENTS):
            return stake_state.evolve(state, event)
        case task_state.TaskState() if isinstance(event, _TASK_EVENTS):
            return task_state.evolve(state, event)
        case _:
            return state
