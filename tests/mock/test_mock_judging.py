"""How the mock server judges, and how it answers a question again."""

from collections import Counter

from synth_pipeline.asking.judging import verdict_of
from synth_pipeline.llm.request import strict
from synth_pipeline.mock.draws import Draws
from synth_pipeline.mock.judging import scores
from synth_pipeline.mock.modes import Writer
from synth_pipeline.mock.plan import Answers
from synth_pipeline.mock.pool import Pool
from synth_pipeline.mock.prompt import read
from synth_pipeline.spec.judging import Criterion

RUBRIC = strict(verdict_of((
    Criterion(name="clear", question="Is it clear?", scale=(1, 5)), Criterion(name="sense", question="Does it?"),
)))  # fmt: skip
GOOD, BAD = "text: my card is lost\nlabel: lost", "text: zxcv bnmkl qwrtp sdfgh\nlabel: qqq"


def judged(document: str, pool: Pool | None = None, place: int = 0, **answers: object) -> dict[str, int]:
    said = scores(RUBRIC, document, Answers(**answers), pool, Draws(1, document, place))
    assert said is not None and said.pop("reason")
    return said


def test_a_sensible_judge_goes_by_the_words_it_knows():
    assert judged(GOOD) == {"clear": 5, "sense": 1}
    assert judged(BAD) == {"clear": 1, "sense": 0}
    pool = Pool({"a": ("my card",)}, {"my card": "a"})
    assert judged("text: my card zero zero", pool)["clear"] == 3
    assert judged("")["sense"] == 0


def test_a_lenient_judge_says_the_best_and_a_random_one_anything():
    assert judged(BAD, judge="lenient") == {"clear": 5, "sense": 1}
    drawn = Counter(judged(BAD, place=place, judge="random")["clear"] for place in range(500))
    assert set(drawn) == {1, 2, 3, 4, 5} and min(drawn.values()) > 60


def test_agreement_is_the_share_of_scores_that_are_not_drawn():
    right = sum(judged(GOOD, place=place, agreement=0.6)["clear"] == 5 for place in range(1_000))
    assert 620 < right < 740  # .6 + .4 / 5


def test_other_schemas_are_no_rubrics():
    other = {"type": "object", "properties": {"reason": {"type": "string"}, "text": {"type": "string"}}}
    for schema in (other, {"type": "object", "properties": {"reason": {"type": "string"}}}, {"type": "string"}, {}):
        assert scores(schema, GOOD, Answers(), None, Draws(1)) is None


def test_a_question_that_is_asked_again_is_answered_by_its_sentence_as_often_as_told():
    document = "Amber candles burn at night. Copper bridges carry trains. Velvet curtains hang inside."
    prompt = read([{"content": f"- question: What is said about bridges, Copper?\n```document\n{document}\n```"}])
    for agreement, least, most in ((1.0, 300, 300), (0.4, 130, 230)):
        writer = Writer(Answers(agreement=agreement), None)
        spans = [writer.item(prompt, Draws(1), place)["span"] for place in range(300)]
        assert least <= spans.count("Copper bridges carry trains.") <= most
