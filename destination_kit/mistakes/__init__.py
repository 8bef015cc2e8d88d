"""Likely mistakes: warnings about a valid document that seldom does what its operator means.

The reference accepts each of them, so a document with warnings still runs.
"""

from destination_kit.mistakes.settings import find_setting_mistakes
from destination_kit.mistakes.subscriptions import find_subscription_mistakes

__all__ = ["find_setting_mistakes", "find_subscription_mistakes"]
