{{ ledger('requests', {
    'ledger': 'varchar', 'outcome': 'bigint', 'key': 'varchar', 'parent': 'varchar', 'endpoint': 'varchar',
    'base_url': 'varchar', 'model': 'varchar', 'sample': 'bigint', 'kind': 'varchar', 'error': 'varchar',
    'input_tokens': 'bigint', 'output_tokens': 'bigint', 'cached_tokens': 'bigint', 'cost': 'double',
    'currency': 'varchar', 'prices': 'varchar', 'billed': 'boolean', 'request_id': 'varchar', 'batch': 'varchar',
    'latency': 'double', 'attempts': 'bigint', 'lost': 'bigint',
}) }}
