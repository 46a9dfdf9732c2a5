"""What Willcall says: sentences by response name and language, filled with typed values.

The YAML files of a language hold the sentences. A response is one text, or a list of sentences of
which those are left out that name a value nobody knows: an answer never invents a fact, and never
says "None". An empty sentence begins a new paragraph.
"""

from bot.wording.catalogue import LOCALES, Wording, WordingError, load, supported

__all__ = ["LOCALES", "Wording", "WordingError", "load", "supported"]
