package doctor

import (
	"testing"
	"time"

	"kopir/gateway"
	"kopir/xmlsig/revocation"
)

var now = time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC)

func ocsp(silent time.Duration) revocation.SourceState {
	s := revocation.SourceState{Kind: "ocsp", URL: "http://ocsp.example/", LastGood: now.Add(-silent), LastTried: now, CarriesUntil: now.Add(20 * time.Minute), Answers: 3}
	if silent > 0 {
		s.SilentSince = now.Add(-silent)
	}
	return s
}

func list(issuer string, silent, carries time.Duration) revocation.SourceState {
	s := ocsp(silent)
	s.Kind, s.URL, s.Issuer, s.CarriesUntil = "crl", "http://crl.example/"+issuer, issuer, now.Add(carries)
	return s
}

func TestForecast(t *testing.T) {
	names := Authorities{Roots: []string{"root"}, Issuing: []string{"nca"}}
	untried := revocation.SourceState{Kind: "ocsp", URL: "http://ocsp.example/"}
	lost := revocation.SourceState{Kind: "crl", URL: "http://crl.example/nca", LastTried: now, SilentSince: now.Add(-time.Hour)}
	for _, tt := range []struct {
		name   string
		states []revocation.SourceState
		parks  bool
		in     time.Duration
		whose  string
	}{
		{"all well", []revocation.SourceState{ocsp(0), list("nca", 0, time.Hour), list("root", 0, time.Hour)}, false, 0, ""},
		{"nobody was asked", []revocation.SourceState{untried}, false, 0, ""},
		{"the responder is silent, lists carry and are renewed", []revocation.SourceState{ocsp(time.Hour), list("nca", 0, time.Hour), list("root", 0, time.Hour)}, false, 0, ""},
		{"both silent, the list ends in two hours", []revocation.SourceState{ocsp(time.Hour), list("nca", time.Hour, 2*time.Hour), list("root", 0, time.Hour)}, true, 2 * time.Hour, "nca"},
		{"both silent, the list has ended", []revocation.SourceState{ocsp(time.Hour), list("nca", time.Hour, -time.Minute), list("root", 0, time.Hour)}, true, 0, "nca"},
		{"the responder is silent and there is no list", []revocation.SourceState{ocsp(time.Hour), list("root", 0, time.Hour)}, true, 0, "nca"},
		{"one responder of two is silent", []revocation.SourceState{ocsp(time.Hour), ocsp(0), list("nca", time.Hour, time.Hour), list("root", 0, time.Hour)}, false, 0, ""},
		{"only the root's list is silent", []revocation.SourceState{ocsp(0), list("nca", 0, time.Hour), list("root", time.Hour, 3*time.Hour)}, true, 3 * time.Hour, "root"},
		{"a mirror of the list answers", []revocation.SourceState{ocsp(time.Hour), list("nca", time.Hour, time.Hour), list("nca", 0, time.Hour), list("root", 0, time.Hour)}, false, 0, ""},
		{"another responder was not asked yet", []revocation.SourceState{ocsp(time.Hour), untried, list("nca", time.Hour, time.Hour), list("root", 0, time.Hour)}, false, 0, ""},
		{"lists only, and none was ever had", []revocation.SourceState{lost, list("root", 0, time.Hour)}, true, 0, "nca"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := NewForecast(tt.states, names, now)
			if f.Parks != tt.parks || f.In != tt.in || f.Authority != tt.whose {
				t.Errorf("parks %v in %v by %q", f.Parks, f.In, f.Authority)
			}
		})
	}
}

func TestForecastCountsWhoIsAtRisk(t *testing.T) {
	f := NewForecast([]revocation.SourceState{ocsp(0)}, Authorities{}, now).WithWaiting(gateway.Waiting{
		Parked: gateway.DueCount{All: 9, By: []int{1, 2, 4}}, Marked: gateway.DueCount{All: 3, By: []int{0, 1, 1}}})
	if f.AtRisk[0] != 1 || f.AtRisk[1] != 3 || f.AtRisk[2] != 5 || len(f.AtRisk) != len(HorizonWords()) || len(Horizons(now)) != len(f.AtRisk) {
		t.Errorf("%v", f.AtRisk)
	}
	if got := Worst(f.Findings()); got != Fail {
		t.Errorf("applications due within a day are %s", got)
	}
}

func TestHostsAreJoined(t *testing.T) {
	hosts := NewForecast([]revocation.SourceState{ocsp(time.Hour), list("nca", 0, 3*time.Hour), list("root", 2*time.Hour, time.Hour)}, Authorities{}, now).Hosts()
	if len(hosts) != 2 || hosts[0].URL != "crl.example" || hosts[0].Silent != 2*time.Hour || hosts[0].Carries != time.Hour || hosts[1].Carries != 20*time.Minute {
		t.Errorf("%+v", hosts)
	}
}

// TestNothingStrangeIsSaid: what others wrote is bounded, stays on its line and holds no personal number.
func TestNothingStrangeIsSaid(t *testing.T) {
	for in, want := range map[string]string{"text/html\r\nX: 1": "text/html  X: 1", "IIN000230500003!": "IIN…!", "0002305000031234": "…", "\x1b[31m": " [31m"} {
		if got := safe(in); got != want {
			t.Errorf("%q became %q", in, got)
		}
	}
	if got := safe(string(make([]byte, 4096))); len(got) > maxValue+len("…") {
		t.Errorf("%d bytes", len(got))
	}
}
