"""Templates to text."""

import re
from typing import Any

from synth_pipeline.reports.words import chance, metric_name, number, percent, word


def page(name: str, **context: Any) -> str:
    """An HTML template; everything is escaped unless it is Markup."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup, escape

    def prose(text: str) -> Markup:
        """Docstrings mark code by double backticks."""
        return Markup(re.sub(r"``(.+?)``", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped just there

    env = Environment(loader=PackageLoader("synth_pipeline.reports"), autoescape=True, undefined=StrictUndefined,
                      trim_blocks=True, lstrip_blocks=True)  # fmt: skip
    env.filters.update(prose=prose, word=word, number=number, percent=percent, chance=chance, metric_name=metric_name)
    return env.get_template(name).render(context)


def markdown(name: str, **context: Any) -> str:
    """A Markdown template; every value that it prints is escaped, and stays on one line."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    # What a template prints in Markdown is never HTML, so HTML's escaping would be wrong here.
    env = Environment(loader=PackageLoader("synth_pipeline.reports"), autoescape=False, undefined=StrictUndefined,  # noqa: S701
                      trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, finalize=_plain)  # fmt: skip
    env.filters.update(word=word, number=number, percent=percent, chance=chance, metric_name=metric_name)
    return env.get_template(name).render(context)


def _plain(value: object) -> str:
    """Text without meaning to Markdown or HTML."""
    text = re.sub(r"\s+", " ", str(value))
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|~#!])", r"\\\1", text)
