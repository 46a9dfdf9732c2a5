"""Lets Rasa be imported without TensorFlow, which nothing in this pipeline uses.

Rasa 3.6.21 imports TensorFlow for DIET, TED and its own graph checks, whatever config.yml names:
six of the nine seconds before the first line of work, and 360 MB for as long as the process
lives. `stand_in` puts empty modules in its place before Rasa is imported. Classes derive from them
and functions are decorated with them without effect; whoever computes with one gets a
TensorFlowMissingError, so that a pipeline that needs the library fails at once instead of answering
nonsense (docs/adr/0015-rasa-without-tensorflow.md).
"""

import importlib.abc
import importlib.machinery
import sys
from types import ModuleType
from typing import Any, NoReturn

STOOD_IN = frozenset(
    {"tensorflow", "tensorflow_addons", "tensorflow_hub", "tensorflow_text", "keras"}
)


class TensorFlowMissingError(RuntimeError):
    """A component computes with TensorFlow, which this process runs without."""


class _Names(type):
    """Any name below TensorFlow is a class like this one: enough to derive from and to annotate."""

    def __getattr__(cls, name: str) -> Any:
        return _made(cls, name)

    def __call__(cls, *given: Any, **options: Any) -> Any:
        # A decorator, as in @tf.function(...): hand back what is decorated, or wait for it.
        if len(given) == 1 and callable(given[0]) and not options:
            return given[0]
        return super().__call__(*given, **options)


class _Nothing(metaclass=_Names):
    def __init__(self, *_given: Any, **_options: Any) -> None:
        """Takes what a decorator or a base class is made with."""

    def __call__(self, *given: Any, **_options: Any) -> Any:
        if len(given) == 1 and callable(given[0]):
            return given[0]
        return _refuse()

    def __array__(self, *_given: Any) -> NoReturn:
        _refuse()


def _made(owner: Any, name: str) -> Any:
    """A name below ``owner``, made when it is first asked for and the same from then on."""
    if name.startswith("__"):
        raise AttributeError(name)
    made = _Names(name, (_Nothing,), {})
    setattr(owner, name, made)
    return made


def _refuse() -> NoReturn:
    raise TensorFlowMissingError(
        "a component of config.yml computes with TensorFlow, which bot.nlu runs without"
    )


class _StandIn(ModuleType):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__ = []

    def __getattr__(self, name: str) -> Any:
        return _made(self, name)


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(
        self, fullname: str, _path: Any = None, _target: Any = None
    ) -> "importlib.machinery.ModuleSpec | None":
        if fullname.partition(".")[0] in STOOD_IN:
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return _StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run."""


def stand_in() -> None:
    """Put the empty modules in place. Raises RuntimeError if TensorFlow is already imported."""
    if any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return
    if "tensorflow" in sys.modules:
        raise RuntimeError("TensorFlow has been imported before bot.nlu could stand in for it")
    sys.meta_path.insert(0, _Finder())
