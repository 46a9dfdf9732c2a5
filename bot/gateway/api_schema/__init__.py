"""The interfaces of the gateway, described for integrators: the OpenAPI document and its shapes.

The document is built from the routes that are there; the `operations` modules say of each what goes
in and what comes out. Tests hold every answer of the gateway against it.
"""
