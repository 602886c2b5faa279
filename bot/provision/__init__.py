"""Makes, from an approved request, what it asks for; or takes back what was made."""
