"""Our side: the shipped state machine file over the real processor handlers, against a local AWS."""
