"""Defects to plant on a cluster: what is wrong, what reports it, and the first row of `why`."""

from __future__ import annotations

from tests.contract.product.defects.ended import ENDED as ENDED
from tests.contract.product.defects.refused import BY_POLICY as BY_POLICY
from tests.contract.product.defects.refused import REFUSED as REFUSED
from tests.contract.product.defects.unplaced import NODES as NODES
from tests.contract.product.defects.unplaced import UNPLACED as UNPLACED
from tests.contract.product.defects.unstarted import UNSTARTED as UNSTARTED

DEFECTS = (*REFUSED, BY_POLICY, *UNPLACED, *UNSTARTED, *ENDED)
