"""Tests of the reference models, explain and compare."""
