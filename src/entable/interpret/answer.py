"""Answers as `entable._answer` has them: tables of data show themselves in the same way."""

from entable._answer import Answer, cell, html_table, printable

__all__ = ["Answer", "cell", "html_table", "printable"]
