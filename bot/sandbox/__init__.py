"""Doubles of Slack, Azure, Tower and Wave over real HTTP on loopback; never imported by production code."""
