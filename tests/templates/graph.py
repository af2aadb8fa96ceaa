"""What waits for what in a template: CloudFormation creates along these edges, and deletes against them."""

from collections.abc import Mapping
from functools import cache

from tests.templates.template import Template, references


class Graph:
    """The dependencies of a template's resources, stated and implied."""

    def __init__(self, template: Template) -> None:
        self.kinds = {id: resource["Type"] for id, resource in template.resources.items()}
        self.direct: dict[str, set[str]] = {}
        for id, resource in template.resources.items():
            stated = resource.get("DependsOn", [])
            named = {stated} if isinstance(stated, str) else set(stated)
            named.update(references(resource.get("Properties", {})))
            self.direct[id] = named & self.kinds.keys()
        self.waits_for = cache(self._waits_for)

    def _waits_for(self, id: str) -> frozenset[str]:
        """All resources that stand before this one is begun, and outlive it."""
        return frozenset().union(*({each} | self.waits_for(each) for each in self.direct[id]))

    def most_at_once(self, weights: Mapping[str, int]) -> int:
        """What resources that may be made, or unmade, at the same time weigh together, at most.

        None of them waits for another: it is the heaviest antichain, and by Dilworth's theorem as heavy as the fewest
        chains that cover all of them are many, each resource taken as often as it weighs.
        """
        copies = [(id, number) for id, weight in weights.items() for number in range(weight)]
        behind = {one: [other for other in copies if one[0] in self.waits_for(other[0])] for one in copies}
        followed: dict[tuple[str, int], tuple[str, int]] = {}

        def joined(one: tuple[str, int], tried: set[tuple[str, int]]) -> bool:
            """Whether a chain goes on after one of them, where necessary by giving others another continuation."""
            for other in behind[one]:
                if other not in tried:
                    tried.add(other)
                    if other not in followed or joined(followed[other], tried):
                        followed[other] = one
                        return True
            return False

        return len(copies) - sum(joined(one, set()) for one in copies)

    def kinds_before(self, id: str) -> set[str]:
        """The types of all that a resource waits for."""
        return {self.kinds[each] for each in self.waits_for(id)}
