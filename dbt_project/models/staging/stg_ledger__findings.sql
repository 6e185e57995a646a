{{ ledger('findings', {
    'gate': 'varchar', 'artefact': 'varchar', 'check': 'varchar', 'family': 'varchar', 'subject': 'varchar',
    'metric': 'varchar', 'value': 'double', 'low': 'double', 'high': 'double', 'baseline': 'double',
    'p_value': 'double', 'n': 'bigint', 'note': 'varchar',
}) }}
