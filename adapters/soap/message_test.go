package soap_test

import (
	"strings"
	"testing"
	"time"

	"kopir/adapters/envelope"
)

func TestHeadersThatHaveToBeUnderstood(t *testing.T) {
	b := newBench(t)
	good := string(sealed(t, syncRequest(), b.shep))
	with := func(block string) []byte {
		return []byte(strings.Replace(good, "</soapenv:Header>", block+"</soapenv:Header>", 1))
	}
	for block, taken := range map[string]bool{
		`<x:Trace xmlns:x="urn:x"/>`:                                                                                       true,
		`<x:Trace xmlns:x="urn:x" soapenv:mustUnderstand="0"/>`:                                                            true,
		`<x:Trace xmlns:x="urn:x" mustUnderstand="1"/>`:                                                                    true, // not SOAP's attribute
		`<x:Trace xmlns:x="urn:x" soapenv:mustUnderstand="1" soapenv:actor="urn:other"/>`:                                  true,
		`<x:Trace xmlns:x="urn:x" soapenv:mustUnderstand="1"/>`:                                                            false,
		`<x:Security xmlns:x="urn:x" soapenv:mustUnderstand="1"/>`:                                                         false,
		`<x:Trace xmlns:x="urn:x" soapenv:mustUnderstand="1" soapenv:actor="http://schemas.xmlsoap.org/soap/actor/next"/>`: false,
	} {
		before := b.called
		w := post(b.endpoint.Sync(), with(block))
		f, fault := b.read(t, w).(*envelope.Fault)
		if fault == taken || fault && (f.Code != "MustUnderstand" || f.Info.Code != "SCE001") || (b.called > before) != taken {
			t.Errorf("%s: %d %s", block, w.Code, w.Body)
		}
	}
}

// The same message again is handed in under the same key, which has one answer; nothing in the header or the
// ids the gateway puts in makes another one of it.
func TestAReplayIsTheSameMessage(t *testing.T) {
	b := newBench(t)
	doc := sealed(t, syncRequest(), b.shep)
	post(b.endpoint.Sync(), doc)
	first := b.submission
	again := syncRequest()
	again.SessionID, again.MessageDate = "{00000000-0000-4000-8000-000000000000}", moment.Add(time.Minute)
	for _, d := range [][]byte{doc, sealed(t, again, b.shep)} {
		if post(b.endpoint.Sync(), d); b.submission.Key() != first.Key() || string(b.submission.Document) != string(first.Document) {
			t.Errorf("%v, first %v", b.submission.Key(), first.Key())
		}
	}
	post(b.endpoint.Async(), sealed(t, asyncRequest(), b.shep))
	if b.submission.Key().Via == first.Key().Via {
		t.Error("both channels share message ids")
	}
}

// An empty serviceId would choose the check of nobody in particular.
func TestServiceIDIsNeeded(t *testing.T) {
	b := newBench(t)
	for _, with := range []string{"", "<serviceId></serviceId>", "<serviceId> </serviceId>"} {
		doc, err := b.shep.sign()([]byte(strings.Replace(string(plain(t, syncRequest())), "<serviceId>S</serviceId>", with, 1)))
		if err != nil {
			t.Fatal(err)
		}
		if f, ok := b.read(t, post(b.endpoint.Sync(), doc)).(*envelope.Fault); !ok || f.Info.Code != "SCE001" || b.called != 0 {
			t.Errorf("%q: %+v", with, f)
		}
	}
}
