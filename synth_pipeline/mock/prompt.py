"""How the mock server reads a prompt: the contract between it and whoever writes prompts for it.

A request carries standard fields only, so all stands in the text of the messages (of all but the assistant's,
end to end):

- ``label: X`` on a line of its own: the label of the text that is wanted;
- ``count: N`` on a line of its own: how many items the arrays of the answer shall have, 1 if absent;
- a block fenced by ```` ```document ```` and ```` ``` ````, each on a line of its own: the document that the
  answer is about;
- ``- question: X`` on a line of its own: a question about the document, which is asked again;
- ``- text`` on a line of its own: an example, as in few-shot prompts.

Lines within the document are not read as any of the others.  Of several labels, counts or documents the last one
holds.

The fields of an answer under a schema are filled by their names: ``text``, ``label``, ``question``, ``answer``,
``summary``, ``span`` (or ``quote``, ``evidence``), and ``start`` and ``end`` for the place of the span in the document
in characters; names of lists may end in s.  Where texts come from a file, its other columns fill the fields that have
their names or titles.  Any other field gets an instance of its schema.

A schema that is a rubric (``judging.py``) is answered by how good the document is.

Equal requests get equal answers.  Whoever wants another answer to the same prompt varies ``seed``.
"""

import re
from dataclasses import dataclass
from typing import Any

DOCUMENT = re.compile(r"^```document[^\S\n]*\n(.*?)\n?^```[^\S\n]*$", re.MULTILINE | re.DOTALL)
LABEL = re.compile(r"^label:[^\S\n]*(\S[^\n]*?)[^\S\n]*$", re.MULTILINE | re.IGNORECASE)
COUNT = re.compile(r"^count:[^\S\n]*(\d{1,4})[^\S\n]*$", re.MULTILINE | re.IGNORECASE)
QUESTION = re.compile(r"^- question:[^\S\n]*(\S[^\n]*?)[^\S\n]*$", re.MULTILINE)
EXAMPLE = re.compile(r"^- +(\S[^\n]*?)[^\S\n]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the messages of a request ask for."""

    text: str
    last: str
    label: str | None
    count: int
    document: str | None
    examples: tuple[str, ...]
    question: str | None = None


def said(message: dict[str, Any]) -> str:
    """The text of a message, whose content is a string or a list of parts."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))


def read(messages: list[dict[str, Any]]) -> Prompt:
    told = [said(message) for message in messages if message.get("role") != "assistant"]
    text = "\n".join(told)
    documents = DOCUMENT.findall(text)
    rest = DOCUMENT.sub("", text) if documents else text
    labels, counts = LABEL.findall(rest), COUNT.findall(rest)
    return Prompt(
        text=text,
        last=told[-1] if told else "",
        label=labels[-1] if labels else None,
        count=max(int(counts[-1]), 1) if counts else 1,
        document=documents[-1] if documents else None,
        examples=tuple(EXAMPLE.findall(rest)),
        question=next(iter(QUESTION.findall(rest)), None),
    )
