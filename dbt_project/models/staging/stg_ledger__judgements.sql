{{ ledger('judgements', {
    'gate': 'varchar', 'artefact': 'varchar', 'suite': 'varchar', 'verdict': 'varchar', 'reasons': 'varchar',
}) }}
