"""All that touches the world: sources, storage, ledgers, the warehouse and the gates."""
