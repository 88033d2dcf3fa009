"""Writes the books to files that other programs read: CSV, Parquet, and a plain-text journal."""
