"""A circuit breaker: an endpoint that is down is left alone but for one probe now and then."""

import time
from collections.abc import Callable

FAILURES = 8  # in a row, before the circuit opens
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds between two probes
PATIENCE = 120.0  # seconds without any answer, after which an endpoint that has answered before counts as down
FIRST_PATIENCE = 5.0  # the same for one that never answered


class Breaker:
    """Counts failures of an endpoint in a row; times are monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._row = 0
        self._since = 0.0
        self._opens_at = 0.0
        self._pause = FIRST_PAUSE
        self._probing = False
        self.ever_answered = False

    def wait(self) -> float:
        """Seconds to wait before asking again whether to send; 0 is leave to send."""
        if self._row < FAILURES:
            return 0.0
        if self._probing:
            return FIRST_PAUSE / 5
        if (left := self._opens_at - self._clock()) > 0:
            return left
        self._probing = True
        return 0.0

    def answered(self) -> None:
        """The endpoint works, whatever it said."""
        self._row, self._probing, self._pause, self.ever_answered = 0, False, FIRST_PAUSE, True

    def failed(self) -> None:
        """The endpoint did not answer, or only that it is broken."""
        now = self._clock()
        if self._row == 0:
            self._since = now
        self._row += 1
        if self._probing or self._row == FAILURES:
            self._probing = False
            self._opens_at = now + self._pause
            self._pause = min(LONGEST_PAUSE, self._pause * 2)

    def abandoned(self) -> None:
        """A request was cancelled and says nothing."""
        self._probing = False

    @property
    def is_down(self) -> bool:
        """Has not answered for so long that there is no point in going on."""
        patience, row = (PATIENCE, FAILURES) if self.ever_answered else (FIRST_PATIENCE, 1)
        return self._row >= row and self._clock() - self._since > patience
