"""Defects to plant on a cluster: what is wrong, who writes why, and what `why` should say of it first."""

from __future__ import annotations

from tests.contract.defects.ended import ENDED
from tests.contract.defects.refused import REFUSED
from tests.contract.defects.unplaced import NODES as NODES
from tests.contract.defects.unplaced import UNPLACED
from tests.contract.defects.unstarted import UNSTARTED

DEFECTS = (*REFUSED, *UNPLACED, *UNSTARTED, *ENDED)
