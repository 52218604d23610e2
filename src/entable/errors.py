"""What a user can mend, said in one sentence: what came, what was wanted, the way out."""

__all__ = ["BadInput", "BadModelFile", "EntableError", "FewFacts", "UnknownName"]


class EntableError(Exception):
    "Anything that a user can mend; the command line prints its text and exits with 2."


class BadInput(EntableError, ValueError):
    "Data or an argument that cannot be used as it came."


class BadModelFile(EntableError, ValueError):
    "A model file that is damaged, crafted, newer than this version, or of another kind."


class UnknownName(EntableError, KeyError):
    "A name that was never seen where only known names are accepted."

    def __str__(self) -> str:  # a KeyError would show its text in quotes
        return str(self.args[0]) if self.args else ""


class FewFacts(UserWarning):
    "Facts that belong to fewer than half of the rows that they were given for."
