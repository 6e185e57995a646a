"""Where the ticks of a histogram's axis stand, and how they are written."""

import math

import numpy as np

MOST = 5  # ticks

# Spans in days above which an axis is labelled so, and the dates that are candidates.
_CALENDAR = ((1500, "%Y", "YS"), (60, "%b %Y", "MS"), (2, "%d %b", "D"), (0, "%H:%M", "h"))


def number_ticks(edges: np.ndarray) -> tuple[list[float], str]:
    """Round numbers between the edges of bins, and their format."""
    low, high, width = float(edges[0]), float(edges[-1]), float(edges[1] - edges[0])
    finest = max((high - low) / MOST, width)
    power = 10.0 ** math.floor(math.log10(finest))
    step = next(digit * power for digit in (1, 2, 5, 10) if digit * power >= finest * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    ticks = [float(f"{place * step:.12g}") for place in range(first, last + 1)]
    # A bin on a single grid point may hold no round number: then its middle is the tick.
    ticks = ticks or [float(f"{(low + high) / 2:.12g}")]
    # By decimals, not by significant digits: vega would round 2.5 to 2.
    digits = 0 if all(tick.is_integer() for tick in ticks) else min(6, max(0, math.ceil(-math.log10(step))))
    return ticks, "~s" if max(map(abs, ticks)) >= 1e5 else f",.{digits}~f"


def date_ticks(edges: np.ndarray) -> tuple[list[float], str]:
    """Starts of years, months, days or hours, in milliseconds as the edges are, and their format."""
    import pandas as pd

    low, high = float(edges[0]), float(edges[-1])
    days = (high - low) / 86_400_000
    form, unit = next((form, unit) for span, form, unit in _CALENDAR if days > span)
    ends = (pd.Timestamp(end, unit="ms").ceil("h") for end in (low, high))
    starts = pd.date_range(*ends, freq=unit, normalize=unit != "h")
    ticks = [start.timestamp() * 1000 for start in starts[:: max(1, -(-len(starts) // MOST))]]
    return [tick for tick in ticks if low <= tick <= high], form
