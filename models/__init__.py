"""What the workshop is. Nothing of the web in here."""
