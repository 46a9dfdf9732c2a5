"""The wording: sentences of two languages, held against each other and against the code."""
