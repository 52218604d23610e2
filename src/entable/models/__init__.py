"""Models: plain torch.nn modules of users and items, each a few lines."""
