"""Why a model fits the sensor or not, on one page a person can quote."""

from .model import Page
from .page import explain

__all__ = ["Page", "explain"]
