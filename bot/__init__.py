"""registry-bot: from a chat request to an Azure registry credential in Seqera Tower.

    chat event ── handlers/<platform> ── bot.service ── bot.store (ONE script: state, audit, due)
                                                              │
    chat message ── notifier ── bot.worker ── claims what is due ── bot.provision ── bot.clients

Imports only go down; `bot.wiring` alone sees both sides. The request is the job: the script
that commits a state also sets when the request wants attention next, so there is no second
queue to keep in step.
"""
