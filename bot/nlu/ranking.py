"""What may change the classifier's ranking before anything is done with it: pure rules, no Rasa.

A ranking is a list of guesses with name and confidence (0 to 1), the best first.
"""

import math
from collections.abc import Sequence
from typing import Any, Dict, List

Ranking = List[Dict[str, Any]]

EMERGENCY = "report_emergency"
# The classifier's own word for an emergency counts down to this score of the second net: without a
# limit 1 in 10 hard ordinary messages would be an alarm, for 1 in 100 more emergencies found.
DOUBT = -1.0


def judged(ranking: Ranking, score: float) -> Ranking:
    """The ranking with the emergency in front or left out, as the second net's score says.

    ``score`` is above 0 where the alarm is reached.
    """
    others = [guess for guess in ranking if guess["name"] != EMERGENCY]
    if score >= 0:
        # At the alarm itself one half: above every threshold for being understood.
        return [{"name": EMERGENCY, "confidence": 1 / (1 + math.exp(-score))}, *others]
    return others if score < DOUBT and others else ranking


def cautious(ranking: Ranking, serious: Sequence[str], share: float, sure: float) -> Ranking:
    """The ranking with the best serious intent in front, if it comes to ``share`` of the best.

    A best guess with a confidence of at least ``sure`` stays. The intent that moves up is given the
    confidence of the one it overtakes: the message is no less understood for it.
    """
    if not ranking or ranking[0]["name"] in serious or ranking[0]["name"] == EMERGENCY:
        return ranking
    best = ranking[0]["confidence"]
    for guess in ranking[1:] if best < sure else ():
        if guess["name"] in serious and guess["confidence"] >= share * best:
            others = [other for other in ranking if other is not guess]
            return [{**guess, "confidence": best}, *others]
    return ranking
