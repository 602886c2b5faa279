"""Microsoft Teams. Loaded only where it is configured: its SDK is an extra, and takes a second to import."""
