package gate

// ReportAddr is where nodes report, for tests that let the system choose.
func (g *Gate) ReportAddr() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.reporters == nil {
		return ""
	}
	return g.reporters.socket.Addr().String()
}
