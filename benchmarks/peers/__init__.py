"""The parts of the scoreboard: cases, environments of the peers, the rule, the page; ``score_*.py`` run in those."""
