"""What leaves the library: pages and files made from Embeddings and Recommenders."""
