"""What administrators do, by the pages and by the admin API alike. Owns each act and its audit row; leaves HTTP out."""
