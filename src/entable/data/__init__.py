"""Data read, checked and turned into integers and floats once; names stay with them."""
