"""Visavis: chat with Claude about pictures."""

__version__ = "0.1.0"
