package console

import (
	"time"

	"kopir/gateway"
)

// stampView is how far time stamping is behind.
type stampView struct {
	Unstamped, Pending int
	Oldest             string // how long the oldest waits; empty when nothing does
	LastAt             time.Time
	TSA                string // who gave the last stamp; empty before the first
}

func (c *Console) stamps(lag gateway.StampLag, v visit) *stampView {
	s := &stampView{Unstamped: lag.Unstamped, Pending: lag.Pending, LastAt: lag.Last.TokenAt}
	if !lag.Oldest.IsZero() {
		s.Oldest = c.texts.span(v.lang, max(v.now.Sub(lag.Oldest), 0))
	}
	if !lag.Last.TokenAt.IsZero() {
		if s.TSA = lag.Last.TSA(); s.TSA == "" {
			s.TSA = "TSA"
		}
	}
	return s
}
