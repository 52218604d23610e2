"""One training loop."""

from entable._extras import need

need("torch")  # says how to install it
