"The command line: one file per group of commands; what a user can mend is one line on stderr."

from entable.cli import demo, explain, fit, image, look, reading, report, sets, table, text, use
from entable.cli.app import app, main

for group in (fit, use, look, reading, explain, report, sets, table, text, image, demo):
    group.add_to(app)

__all__ = ["app", "main"]
