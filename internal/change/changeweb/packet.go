package changeweb

import (
	"net/http"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// packet returns the change of the path handed out.
func (p *Pages) packet(r *http.Request) (Packet, error) {
	n, err := id(r)
	if err != nil {
		return Packet{}, err
	}
	if p.Packet == nil {
		return Packet{}, errs.E(errs.NotFound, "packets are not issued here")
	}
	return p.Packet(r.Context(), n)
}

// PacketPage handles GET /changes/{key}/packet: what the packet says, as a page
// that stands alone and can be kept.
func (p *Pages) PacketPage(w http.ResponseWriter, r *http.Request) error {
	k, err := p.packet(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Security-Policy", p.PacketCSP)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(k.Page) // the reader may have left
	return nil
}

// PacketFile handles GET /changes/{key}/packet.json: the file that
// "evenkeel evidence verify" checks offline.
func (p *Pages) PacketFile(w http.ResponseWriter, r *http.Request) error {
	k, err := p.packet(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="`+k.Name+`"`)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(k.File) // the reader may have left
	return nil
}
