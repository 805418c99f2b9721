package change

// ingestParts is what ingest keeps between deliveries.
type ingestParts struct{}

func (p *ingestParts) init(*Service) {}
