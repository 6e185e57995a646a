{{ ledger('releases', {
    'event': 'varchar', 'version': 'varchar', 'batch_id': 'varchar', 'rows': 'bigint', 'generator': 'varchar',
    'generation': 'bigint', 'seed': 'bigint', 'source': 'varchar', 'spec': 'varchar', 'reasons': 'varchar',
}) }}
