"""The parts of `make evaluate`, for .venv; what needs Rasa's environment is bench.engines."""
