from kit.migrations import run
from ras_service.tables import Base

run(Base.metadata)
