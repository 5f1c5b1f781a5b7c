"""What tests are known to do: run folders, journals, and the SQLite index made of them."""
