"""What to do about the errors that the spec itself words: words of the problem, and the fix."""

from synth_pipeline.adapters.declaration.document import Place

_CONSTRAINED = {
    "is declared twice": "delete one of the two.",
    "is named twice": "name each column once.",
    "and names": "name as many.",
    "is the total": "take it out of the parts.",
    "that determine it": "name another column.",
    "no regular expression": "correct it, and write it between single quotes, where YAML leaves backslashes alone.",
    "is above max": "exchange the two, or correct one of them.",
    "": "give one of them, or both.",
}

_CONDITIONED = {
    "fixed value": "keep one of the two.",
    "is balanced twice": "delete one of the two.",
    "is named twice": "name each column once.",
    "and names 0": "name as many.",
    "of one column": "name one column, or leave the shares out for equal ones.",
    "between 0 and 1": "write them as fractions, such as 0.5 for half of the rows.",
    "above 1": "lower them; values that are not named share what is left of 1.",
    "": "give one of them, or both.",
}


_MADE = {
    "is only for identifiers": "delete it, or write 'kind: identifier'.",
    "exclude each other": "delete one of the two.",
    "no locale of Faker": "write language and country, such as de_DE.",
    "no regular expression": "correct it, and write it between single quotes, where YAML leaves backslashes alone.",
    "": "write it with characters, sets, groups, alternatives and repetitions alone, such as 'C-[0-9]{8}'.",
}


_RULED = {
    "is not read by law": "delete it, or choose the law that reads it.",
    "needs": "add it.",
    "is above max": "exchange the two, or correct one of them.",
    "must be above 0": "correct it.",
    "must be at least 1": "correct it.",
    "names a level twice": "delete one of the two.",
    "as many as levels": "write one weight for each level, in their order.",
    "must have no time zone": "write them without offset, such as 2024-03-31 12:00:00.",
    "start is after end": "exchange the two.",
    "and not both": "keep the one of the two that you want.",
    "can follow a single column": "name one column, or give 'levels' instead.",
    "goes with a mapping": "delete it, or give a mapping.",
    "is named twice": "name two different columns.",
}


_SPOKEN = {
    "unknown variable": "correct the name, or declare a taxonomy of that name above it.",
    "has a brace left open": "close it; braces hold the name of a variable, and nothing else.",
    "no plain name of a variable": "name a variable alone.",
    "the taxonomy has a loop": "take one of these out of the group that leads back.",
    "the taxonomy has a group without": "give it an entry, or delete it.",
    "the taxonomy names": "delete one of the two.",
    "cannot have that name": "choose another one, of letters and underscores.",
    "quotas must sum to 1": "change them, or leave them out for the shares of train.",
    "quotas must be shares": "leave out what has none.",
    "quotas are of labels": "name the column of labels as 'label' above them.",
    "parameters cannot set": "take it out.",
    "two endpoints are called": "give each a name of its own.",
    " at http": "delete one of the two, or name another model.",
    "has the weight 0": "give one of them a weight above 0.",
    "'weight' shares": "leave it out, or name 'others'.",
    "'base' and 'fill' go together": "declare both, or neither.",
    "each question is about one row": "take them out.",
    "'complete' is about": "take it out, or declare 'base' and 'fill'.",
    "is above most": "exchange the two.",
}


_JUDGING = {
    "it must rise": "write worst and best, such as [1, 5].",
    "it must lie above": "correct it, or leave it out.",
    "a criterion cannot be called": "choose another name.",
    "rubric holds no": "write a name and a question.",
    "rubric names": "delete one of the two.",
    "samples must be odd": "ask once more, or once less.",
    "something to judge": "declare one of them, with a 'rubric'.",
    "parameters cannot set": "take it out.",
}


FIXES: dict[Place, dict[str, str]] = {
    ("constraints",): _CONSTRAINED,
    ("conditions",): _CONDITIONED,
    ("columns",): _MADE,
    ("generator",): _SPOKEN | _RULED | _MADE,
    ("judge",): _JUDGING,
    ("labels",): _SPOKEN | {"": "correct it."},
    ("tables",): _RULED | _MADE,
}
