"""Engines: what listens to audio or talks to an outside service. Imports only `library`."""
