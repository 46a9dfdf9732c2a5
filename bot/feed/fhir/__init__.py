"""FHIR R4 as a form of the feed (docs/fhir.md): resources in, records of the feed out."""
