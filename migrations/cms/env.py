from cms_service.tables import Base
from kit.migrations import run

run(Base.metadata)
