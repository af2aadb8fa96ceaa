"""The controllers of the blueprint's charts and add-ons, as programs built from their published Go modules."""

from blueprint.rehearsal.controllers.building import build, program
from blueprint.rehearsal.controllers.recipes import CONTROLLERS, PROGRAMS, Controller

__all__ = ["CONTROLLERS", "PROGRAMS", "Controller", "build", "program"]
