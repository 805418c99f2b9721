package change

// ingestParts is what ingest keeps between deliveries, and what calls to
// pipelines need. Set the exported fields while wiring, before any verb.
type ingestParts struct {
	Callers map[CallKind]Caller // by which pipelines are told; a kind without one is not told
	Box     Box                 // seals the credentials; nil: there are none
	Kick    func(job string)    // wakes a source of due work; nil: nobody does
	BaseURL string              // of the pages, for links in what pipelines are told

	queue deliveries
}

func (p *ingestParts) init(s *Service) {
	s.TakeBack = s.CallRollback
	s.On(s.wakeCalls)
}
