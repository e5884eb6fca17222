"""The services outside this system, played: they hand in batches and process them, as far as events tell."""

from cli.simulator.desk import Desk
from cli.simulator.publisher import Publisher
from cli.simulator.refused import RefusedError
from cli.simulator.simulation import Simulation, Tally
from cli.simulator.story import Chances

__all__ = ["Chances", "Desk", "Publisher", "RefusedError", "Simulation", "Tally"]
