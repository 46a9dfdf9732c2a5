"""Teaching: what pharmacists have approved becomes a model, and nothing worse is switched on."""
