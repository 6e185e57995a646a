"""The only code that knows Dagster: components, assets, checks, jobs, schedules and sensors."""
