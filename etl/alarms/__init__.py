"""Alarms: who hears of a run that failed, brought something new, or went well again."""
