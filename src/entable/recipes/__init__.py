"""Recipes: data, models and training put together for one purpose."""
