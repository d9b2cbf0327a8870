"""The Lightning logger under its published name; see `modelbox.integrations.lightning`."""

from modelbox.integrations.lightning import ModelBoxLogger

__all__ = ["ModelBoxLogger"]
