package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"kopir/cmd/kopir/internal/simulate"
	"kopir/gateway"
	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

// refusal is an application that has to be refused, and with which code.
type refusal struct {
	what string
	code gateway.Code
	make func(w *world) ([]byte, error)
}

func refusals() []refusal {
	return []refusal{
		{"a signed application altered on the way", reason.DigestMismatch, tampered},
		{"signed with an expired certificate", reason.CertificateExpired, expired},
		{"signed with a revoked certificate", reason.CertificateRevoked, revoked},
		{"signed with a certificate of a CA nobody trusts", reason.ChainUntrusted, untrusted},
		{"signed with the authentication certificate", reason.PurposeWrong, authentication},
		{"the form names another person's IIN", reason.IINMismatch, otherIIN},
		{"the form names another body's BIN", reason.BINMismatch, otherBIN},
		{"for a service nobody offers", gateway.CodeServiceUnknown, unknownService},
		{"for the paper-only service, through the portal", gateway.CodeChannelNotOffered, paperOnly},
	}
}

// refuse sends each of them by REST and demands its code.
func (w *world) refuse(ctx context.Context) error {
	for i, r := range refusals() {
		doc, err := r.make(w)
		if err != nil {
			return fmt.Errorf("%s: %w", r.what, err)
		}
		_, err = w.portal.Submit(ctx, fmt.Sprintf("refused-%d", i), doc)
		if err := w.refusedWith(err, r.code, r.what); err != nil {
			return err
		}
	}
	return nil
}

// refusedWith demands a refusal with that code and counts it.
func (w *world) refusedWith(err error, code gateway.Code, what string) error {
	var p *simulate.Problem
	if !errors.As(err, &p) {
		return fmt.Errorf("%s: not refused (%v)", what, err)
	}
	if p.Code != string(code) {
		return fmt.Errorf("%s: refused as %s, want %s", what, p.Code, code)
	}
	w.sum.refused++
	w.t.say("refused  %-26s %s", p.Code, what)
	return nil
}

func tampered(w *world) ([]byte, error) {
	doc, err := w.signedBy(testpki.GOST512, nil, nil)
	return bytes.Replace(doc, []byte("<Name>ҮЛГІ</Name>"), []byte("<Name>БАСҚА</Name>"), 1), err
}

func expired(w *world) ([]byte, error) {
	return w.signedBy(testpki.RSA, func(p *testpki.Profile) {
		p.NotBefore, p.NotAfter = w.now().Add(-300*24*time.Hour), w.now().Add(-24*time.Hour)
	}, nil)
}

func revoked(w *world) ([]byte, error) {
	c, err := w.citizen(testpki.GOST512, nil)
	if err != nil {
		return nil, err
	}
	const keyCompromise = 1 // RFC 5280 §5.3.1
	w.pki.Family(testpki.GOST512).Revoke(c.key.Certificate.Serial, w.now().Add(-time.Minute), keyCompromise)
	return w.apply(c, nil)
}

func untrusted(w *world) ([]byte, error) {
	other, err := simulate.NewPKI(w.outsideURL, w.past, w.rand, testpki.GOST512)
	if err != nil {
		return nil, err
	}
	iin := simulate.SyntheticIIN(700)
	key, err := other.Issue(testpki.GOST512, testpki.Profile{Kind: testpki.Person, CommonName: "БӨТЕН АДАМ", Surname: "БӨТЕН", IIN: iin})
	if err != nil {
		return nil, err
	}
	return w.apply(citizen{iin, key}, nil)
}

func authentication(w *world) ([]byte, error) {
	return w.signedBy(testpki.RSA, func(p *testpki.Profile) { p.Kind = testpki.Authentication }, nil)
}

func otherIIN(w *world) ([]byte, error) {
	return w.signedBy(testpki.GOST512, nil, func(a *simulate.Application) { a.IIN = simulate.SyntheticIIN(800) })
}

func otherBIN(w *world) ([]byte, error) {
	return w.signedBy(testpki.GOST512, func(p *testpki.Profile) {
		p.Kind, p.BIN, p.Organization = testpki.Employee, simulate.SyntheticBIN(801), "СЫНАҚ ЖШС"
	}, func(a *simulate.Application) {
		a.Service, _ = w.rules.Catalogue.ByKey("adoption-payment")
		a.Territory, a.BIN = territoryAkmola, simulate.SyntheticBIN(802)
	})
}

func unknownService(w *world) ([]byte, error) {
	return w.signedBy(testpki.RSA, nil, func(a *simulate.Application) { a.Namespace = "urn:kopir:service:driving-licence:1" })
}

func paperOnly(w *world) ([]byte, error) {
	return w.signedBy(testpki.GOST512, nil, func(a *simulate.Application) {
		a.Service, _ = w.rules.Catalogue.ByKey("asp-assign")
		a.Territory = territoryAkmola
	})
}

// signedBy makes a new citizen's application for the housing assistance, changed as asked.
func (w *world) signedBy(alg testpki.Algorithm, person func(*testpki.Profile), form func(*simulate.Application)) ([]byte, error) {
	c, err := w.citizen(alg, person)
	if err != nil {
		return nil, err
	}
	return w.apply(c, form)
}

func (w *world) apply(c citizen, change func(*simulate.Application)) ([]byte, error) {
	service, ok := w.rules.Catalogue.ByKey("housing-assistance")
	if !ok {
		return nil, errors.New("housing-assistance is not in the catalogue")
	}
	a := simulate.Application{Service: service, IIN: c.iin, Territory: territoryNorth, Channel: "portal",
		RequestNumber: w.requestNumber(), At: w.now()}
	if change != nil {
		change(&a)
	}
	return xmlsig.Sign(a.XML(), c.key, xmlsig.SignOptions{Rand: w.rand})
}

// repeat shows what a repeated message gets: the same answer, a conflict, or the first number.
func (w *world) repeat(ctx context.Context) error {
	doc, err := w.signedBy(testpki.GOST512, nil, nil)
	if err != nil {
		return err
	}
	w.swapArmed.Store(true)
	first, err := w.portal.Submit(ctx, "twice", doc)
	if err != nil {
		return err
	}
	w.expect(first.Number, first.Service)
	again, err := w.portal.Submit(ctx, "twice", doc)
	if err != nil || again != first {
		return fmt.Errorf("the same message got another answer: %+v, %v", again, err)
	}
	w.t.say("repeated the same message: the same answer, number %s", again.Number)
	other, err := w.signedBy(testpki.GOST512, nil, nil)
	if err != nil {
		return err
	}
	_, err = w.portal.Submit(ctx, "twice", other)
	if err := w.refusedWith(err, gateway.CodeConflict, "the same message id with another document"); err != nil {
		return err
	}
	_, err = w.portal.Submit(ctx, "thrice", doc)
	if err := w.refusedWith(err, gateway.CodeDuplicate, "the same signed application under a new id"); err != nil {
		return err
	}
	var p *simulate.Problem
	if errors.As(err, &p) && p.FirstNumber != first.Number {
		return fmt.Errorf("duplicate names %q, want the first number %s", p.FirstNumber, first.Number)
	}
	w.t.say("         the answer names the first number, %s", first.Number)
	return nil
}

// swap sends a genuine signed result of one case as the answer to another.
func (w *world) swap(ctx context.Context, l simulate.Lease, d *simulate.District) error {
	donor := w.orders[0]
	letters := w.cabinet.Letters(donor.letters)
	var genuine []byte
	for _, letter := range letters {
		if simulate.IsResponse(letter) {
			genuine = letter.Result
		}
	}
	if len(genuine) == 0 {
		return fmt.Errorf("no delivered result of %s to swap", donor.number)
	}
	err := d.Client.Result(ctx, l.Number, l.Attempt, genuine)
	return w.refusedWith(err, gateway.CodeResultMismatch, "a genuine signed result of another case")
}

// verified holds a delivered result against the roots, as the citizen's side would.
func (w *world) verified(doc []byte) error {
	trust := pki.NewStore()
	for _, root := range w.pki.Roots() {
		trust.AddAnchor(root, pki.PurposeNational)
	}
	for _, ca := range w.pki.Issuing() {
		trust.AddIntermediate(ca)
	}
	result := xmlsig.Verify(nil, doc, xmlsig.Options{At: w.now(), Trust: trust})
	if verdict, code := result.Verdict(); verdict != reason.Passed {
		return fmt.Errorf("the delivered result does not verify: %v %s", verdict, code)
	}
	return nil
}
