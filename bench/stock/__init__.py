"""The reference: what a user would build with Rasa alone, from this project's own data.

Rasa 3.6.21 with the pipeline and policies that `rasa init` trains, on the same sentences, domain
and rules, with the same action server. Nothing of bot.nlu takes part.
"""
