"""What `make evaluate` runs in .venv-rasa: valid Python 3.10, one process a job.

Only `stock` runs Rasa as it comes; the others run bot.nlu, which puts empty modules in TensorFlow's
place, so the two never share a process.
"""
