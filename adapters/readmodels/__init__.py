"""Where projections keep their rows; everything here can be deleted and rebuilt from the log."""
