"""Design-space sweeps: many points, run once each, resumable, in parallel.

:mod:`~openrow.sweep.space` makes points of a specification, :mod:`~openrow.sweep.resolving` architectures of
points, :mod:`~openrow.sweep.evaluating` rows of results of architectures; :mod:`~openrow.sweep.ledger` keeps
them and :mod:`~openrow.sweep.running` brings all of it together.
"""
