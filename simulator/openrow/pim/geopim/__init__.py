"""GeoPIM: a unit beside every bank that samples feature maps where they lie.

:mod:`~openrow.pim.geopim.placement` says which bank holds which pixels,
:mod:`~openrow.pim.geopim.assignment` which unit takes which sample, in which order, and what it finds in its
own bank; :mod:`~openrow.pim.geopim.sampling` simulates the time and :mod:`~openrow.pim.geopim.numbers` the
numbers of a kernel. :mod:`~openrow.pim.geopim.analytic` is the model of the design notes.
"""
