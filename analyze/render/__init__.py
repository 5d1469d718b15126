"""Renderers of the report model: model in, document out. Nothing is computed here, only formatted."""
