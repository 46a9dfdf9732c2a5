"""What the evaluation reads: folds, lists of red flags, HINT3's tables, a project for Rasa."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from bench.evaluation import sentences
from bench.evaluation.project import OWN_ONLY, our_config, write_project
from bench.evaluation.sentences import MissingDataError, Sentence, stratified_folds


def test_folds_have_one_size_and_share_every_label() -> None:
    labels = ["a"] * 10 + ["b"] * 5 + ["c"] * 3
    folds = stratified_folds(labels, 5)
    assert sorted(Counter(folds).values()) == [3, 3, 4, 4, 4]
    shared = Counter(zip(labels, folds, strict=True))
    assert [shared["a", fold] for fold in range(5)] == [2] * 5
    assert [shared["b", fold] for fold in range(5)] == [1] * 5
    assert folds == stratified_folds(labels, 5)


def test_the_project_s_own_files_can_be_read() -> None:
    taught = sentences.training()
    assert {sentence.everyday for sentence in taught} == {True, False}
    assert {"english", "spanish"} <= {sentence.language for sentence in taught}
    assert "kept_back" in {sentence.file for sentence in sentences.kept_back()}
    assert sentences.red_flags()[0].name == "regression"


def test_red_flags_of_unseen_files(tmp_path: Path) -> None:
    for name in ("red_flags", "holdout_red_flags", "benign", "holdout_benign"):
        (tmp_path / f"{name}.yml").write_text(f"group:\n  en: [{name} 1]\n  es: [{name} 2]\n")
    (tmp_path / "unseen_2.yml").write_text(
        "emergencies: {overdose: [too many]}\nordinary: {idiom: [dying to know, killing me]}\n"
    )
    regression, unseen = sentences.red_flags(tmp_path)
    assert len(regression.emergencies) == len(regression.ordinary) == 4
    assert unseen.name == "unseen_2"
    assert unseen.emergencies == [("overdose", "too many")]
    assert unseen.ordinary == [("idiom", "dying to know"), ("idiom", "killing me")]


def test_hint3_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"no train\.csv"):
        sentences.hint3_sentences(tmp_path, "train")
    (tmp_path / "train.csv").write_text("text,label\nhi,A\n")
    with pytest.raises(MissingDataError, match="sentence, label"):
        sentences.hint3_sentences(tmp_path, "train")


def test_a_sentence_is_one_plain_line_in_rasa_s_data(tmp_path: Path) -> None:
    known = [
        Sentence("a [size](number)\nof mattress", "A/B", "train"),
        Sentence("hi", "C", "train"),
    ]
    write_project(tmp_path, our_config(whole=False), known)
    written = yaml.safe_load((tmp_path / "data" / "nlu" / "nlu.yml").read_text())
    assert written["nlu"] == [
        {"intent": "A_B", "examples": "- a [size] (number) of mattress\n"},
        {"intent": "C", "examples": "- hi\n"},
    ]
    assert yaml.safe_load((tmp_path / "domain.yml").read_text())["intents"] == ["A_B", "C"]


def test_the_pipeline_for_another_bot_has_nothing_of_this_project_s_intents() -> None:
    names = [part["name"].rpartition(".")[2] for part in our_config(whole=False)["pipeline"]]
    assert names
    assert not set(names) & set(OWN_ONLY)
    assert len(our_config(whole=True)["pipeline"]) == len(names) + len(OWN_ONLY)
