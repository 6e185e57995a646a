{{ ledger('openings', {'version': 'varchar'}) }}
