"""A double of Microsoft Teams on loopback: its key server, its login server and its Bot Connector."""
