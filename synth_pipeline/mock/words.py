"""Words from which texts are made up, and texts that are changed in some words."""

from synth_pipeline.mock.draws import Draws

WORDS = (  # noqa: SIM905
    "amber basket candle distant evening forest garden harbour island journey kettle lantern meadow needle orchard "
    "pepper quarry river saddle timber umbrella velvet window yellow anchor bridge copper dollar engine feather "
    "gravel hammer inkwell jacket kitchen ladder mirror narrow oyster paper quiet ribbon silver thunder useful "
    "village walnut yearly asks brings carries draws finds gives holds keeps leaves meets offers puts reads sends "
    "takes uses wants writes a the one some every under over near with from into after before and but while"
).split()


def made_up(draws: Draws, least: int = 6, most: int = 14) -> str:
    """A sentence without sense."""
    words = [draws.choice(WORDS) for _ in range(least + draws.below(most - least + 1))]
    return " ".join(words).capitalize() + "."


def changed(text: str, places: int, draws: Draws) -> str:
    """The text with so many of its words put otherwise."""
    words = text.split()
    for place in draws.shuffled(range(len(words)))[:places]:
        words[place] = draws.choice([word for word in WORDS if word != words[place]])
    return " ".join(words)
