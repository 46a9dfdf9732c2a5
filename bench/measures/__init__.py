"""One module for each part of `make bench`; each has `measure`, which returns a Report."""
