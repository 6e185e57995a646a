"""The one error that a user is meant to read."""


class SynthError(Exception):
    """Something that the user can mend.

    ``problem`` says what is wrong and where, ``fix`` what to do about it.  It never quotes a real value.
    """

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(f"{problem} Fix: {fix}")
        self.problem = problem
        self.fix = fix


class Unmeasurable(SynthError):
    """The data do not suffice to judge: not a failure of the synthetic table, and never a pass."""


class Refusal(SynthError):
    """Everything ran, and the outcome must not be released."""
