"""Fair's survey on marriage."""
