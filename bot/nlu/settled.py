"""Keeps the garbage collector off what lives as long as the process.

A model and Rasa's modules are hundreds of thousands of objects. To walk through them takes a tenth
of a second, in the middle of somebody's turn, and finds nothing.
"""

import gc


def settle() -> None:
    """Collect once, and count all that is left as lasting.

    To be called again when a model has been replaced: its objects are collected then.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
