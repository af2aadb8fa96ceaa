"""The controllers of the blueprint's charts and add-ons, as released or built from their published Go modules."""

from rehearsal.controllers.building import build, installed, program
from rehearsal.controllers.recipes import CONTROLLERS, KARPENTER, PROGRAMS, Controller, needed

__all__ = ["CONTROLLERS", "KARPENTER", "PROGRAMS", "Controller", "build", "installed", "needed", "program"]
