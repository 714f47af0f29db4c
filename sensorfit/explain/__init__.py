"""Why a model fits the sensor or not, on one page a person can quote."""

from .page import explain
from .model import Page

__all__ = ["Page", "explain"]
