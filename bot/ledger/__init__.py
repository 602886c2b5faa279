"""The audit log as a whole: verified, sealed with checkpoints, exported, trimmed, told to a channel.

Each entry's MAC proves what happened to one request (`bot.audit`). What it cannot prove is that
nothing is gone: the end of a chain can be cut off, and the order between chains changed. For that
there are numbers without gaps, and checkpoints over the whole stream that leave the machine.
"""
