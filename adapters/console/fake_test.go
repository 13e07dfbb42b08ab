package console

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// now is a Monday, 11:20 in Almaty.
var now = time.Date(2026, 11, 23, 11, 20, 0, 0, gateway.Almaty)

// fakeLedger holds what a test puts in. An error set for a method is what the method answers.
type fakeLedger struct {
	cases    map[string]gateway.Case
	events   map[string][]gateway.Event
	list     []gateway.Verdict
	failures []gateway.FailureCount
	queues   []gateway.Queue
	outbox   []gateway.Queue
	parked   []string
	marked   []string
	people   []string // escalated
	lag      gateway.StampLag
	errs     map[string]error

	mu     sync.Mutex
	acts   []gateway.Act
	filter gateway.VerdictFilter
}

func (l *fakeLedger) Case(_ context.Context, number string) (gateway.Case, error) {
	c, ok := l.cases[number]
	if !ok {
		return c, &gateway.Error{Code: gateway.CodeNotFound}
	}
	return c, l.errs["Case"]
}

func (l *fakeLedger) Events(_ context.Context, number string) ([]gateway.Event, error) {
	return l.events[number], l.errs["Events"]
}

func (l *fakeLedger) StampLag(context.Context) (gateway.StampLag, error) {
	return l.lag, l.errs["StampLag"]
}

func (l *fakeLedger) Verdicts(_ context.Context, f gateway.VerdictFilter) ([]gateway.Verdict, error) {
	l.mu.Lock()
	l.filter = f
	l.mu.Unlock()
	var found []gateway.Verdict
	for _, v := range l.list {
		if f.Code != "" && v.Code != f.Code || f.Service != "" && v.Service != f.Service || f.Number != "" && v.Number != f.Number ||
			f.OnlyFailed && v.Outcome == reason.Passed || len(found) == f.Limit {
			continue
		}
		found = append(found, v)
	}
	return found, l.errs["Verdicts"]
}

func (l *fakeLedger) Verdict(_ context.Context, id string) (gateway.Verdict, error) {
	i := slices.IndexFunc(l.list, func(v gateway.Verdict) bool { return v.ID == id })
	if i < 0 {
		return gateway.Verdict{}, &gateway.Error{Code: gateway.CodeNotFound}
	}
	return l.list[i], l.errs["Verdict"]
}

func (l *fakeLedger) Failures(_ context.Context, from, to time.Time, _ time.Duration) ([]gateway.FailureCount, error) {
	var found []gateway.FailureCount
	for _, f := range l.failures {
		if !f.At.Before(from) && f.At.Before(to) {
			found = append(found, f)
		}
	}
	return found, l.errs["Failures"]
}

func (l *fakeLedger) Queues(context.Context) ([]gateway.Queue, error) {
	return l.queues, l.errs["Queues"]
}

func (l *fakeLedger) OutboxDepth(context.Context) ([]gateway.Queue, error) {
	return l.outbox, l.errs["OutboxDepth"]
}

func (l *fakeLedger) DueParked(_ context.Context, _ time.Time, limit int) ([]string, error) {
	return l.parked[:min(limit, len(l.parked))], l.errs["DueParked"]
}

func (l *fakeLedger) DueMarked(_ context.Context, _ time.Time, limit int) ([]string, error) {
	return l.marked[:min(limit, len(l.marked))], l.errs["DueMarked"]
}

func (l *fakeLedger) Escalated(_ context.Context, limit int) ([]string, error) {
	return l.people[:min(limit, len(l.people))], l.errs["Escalated"]
}

func (l *fakeLedger) Act(_ context.Context, a gateway.Act) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.errs["Act"]; err != nil {
		return err
	}
	l.acts = append(l.acts, a)
	return nil
}

// anyone is a test's way in without a key.
type anyone struct{}

func (anyone) Authenticate(*http.Request) (gateway.Caller, error) {
	return gateway.Caller{ID: "dispatcher", Kind: gateway.CallerOperator}, nil
}

func fakeCodes(code gateway.Code) (CodeText, bool) {
	return CodeText{
		Applicant: map[string]string{
			"kk": "Өтінішке қойылған қолтаңба расталмады, құжатқа қайта қол қойып, өтінішті тағы жіберіңіз.",
			"ru": "Подпись под заявлением не подтвердилась, подпишите документ ещё раз и отправьте заявление снова."},
		Operator: map[string]string{
			"kk": "Құжат қол қойылғаннан кейін жолда өзгерген болуы мүмкін. Порталдан бастапқы файлды сұратыңыз (" + string(code) + ").",
			"ru": "Скорее всего документ изменён в пути после подписания. Запросите у портала исходный файл и сравните хеши (" + string(code) + ").",
			"en": "The document was probably changed on its way after signing. Ask the portal for the original file and compare digests (" + string(code) + ")."},
	}, true
}

func fakeServices() []ServiceRow {
	return []ServiceRow{
		{Key: "housing-assistance", Title: map[string]string{"kk": "Тұрғын үй көмегін тағайындау", "ru": "Назначение жилищной помощи"},
			Version: 1, Form: "partially_automated", Channels: []string{"service_centre", "portal"},
			Terms:         []Term{{"service_centre", 10, "calendar_days"}, {"portal", 10, "working_days"}},
			ProviderKinds: []string{"department"}, SignerRoles: []string{"head"}, ProviderBIN: true, Consent: true,
			Documents: map[string]map[string]string{"income": {"kk": "Отбасының кірістерін растайтын құжаттар", "ru": "Документы, подтверждающие доходы семьи"}}},
		{Key: "asp-certificate/zhambyl", Title: map[string]string{"kk": "Атаулы әлеуметтік көмек алушыларға тиесілігін растайтын анықтама",
			"ru": "Справка о принадлежности заявителя (семьи) к получателям адресной социальной помощи"}, Version: 2, Form: "automated",
			Channels: []string{"service_centre", "department", "rural_akim", "portal"}, Terms: []Term{{"portal", 15, "minutes"}, {"department", 15, "minutes"}},
			ProviderKinds: []string{"department", "rural_akim"}, SignerRoles: []string{"employee", "sign_right"},
			Missing: []string{"the registered serviceId"}},
	}
}

func fakeProvider(lang, id string) string {
	if id == "kyzylzhar" {
		return map[string]string{"kk": "Қызылжар аудандық жұмыспен қамту және әлеуметтік бағдарламалар бөлімі",
			"ru": "Отдел занятости и социальных программ Кызылжарского района", "en": "Kyzylzhar district department"}[lang]
	}
	return ""
}

const (
	sampleIIN    = "000230500003"
	sampleNumber = "K26-7QX4M-09TCB"
	sampleSHA    = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
)

// sample is a ledger as full as a busy morning's.
func sample() *fakeLedger {
	l := &fakeLedger{cases: map[string]gateway.Case{}, events: map[string][]gateway.Event{}, errs: map[string]error{}}
	l.addFailures()
	l.queues = []gateway.Queue{{Name: "kyzylzhar", Depth: 14, Leased: 3, Oldest: now.Add(-26*time.Hour - 10*time.Minute)},
		{Name: "akkayin", Depth: 4, Leased: 1, Oldest: now.Add(-95 * time.Minute)}, {Name: "yesil", Depth: 0, Leased: 2}}
	for i := range 12 {
		l.queues = append(l.queues, gateway.Queue{Name: fmt.Sprintf("akmola-%02d", i), Depth: 1 + i%3, Oldest: now.Add(-time.Duration(i+1) * 4 * time.Minute)})
	}
	l.outbox = []gateway.Queue{{Name: "shep", Depth: 5, Oldest: now.Add(-40 * time.Second)}, {Name: "callback:portal", Depth: 1, Oldest: now.Add(-17 * time.Minute)}}
	l.parked = []string{"K26-4W2MD-X7PA0", "K26-9KJ3T-ZZ41C", "K26-0B5RN-1YQ8E"}
	l.marked, l.people = []string{"K26-2MARK-00001"}, []string{"K26-4W2MD-X7PA0"}
	l.addVerdicts()
	l.addCase()
	return l
}

func (l *fakeLedger) addFailures() {
	shape := map[gateway.Code][]int{
		reason.RevocationUnknown: {2, 1, 0, 3, 9, 14, 6, 1}, reason.CertificateExpired: {1, 2, 1, 0, 2, 3, 2, 1}, reason.DigestMismatch: {0, 1, 0, 0, 4, 1, 0, 0},
		reason.IINMismatch: {1, 0, 1, 0, 1, 0, 2, 0}, gateway.CodeFormInvalid: {3, 2, 2, 4, 1, 2, 3, 3}, reason.CertificateRevoked: {0, 0, 1, 0, 1, 1, 0, 0},
		gateway.CodeDuplicate: {0, 1, 0, 0, 2, 0, 0, 1}, reason.ChainUntrusted: {0, 0, 0, 1, 0, 0, 1, 0}, reason.XMLMalformed: {0, 1, 0, 0, 0, 0, 1, 0},
	}
	for _, code := range gateway.Codes() {
		for i := range 8 * 60 {
			n := 0
			if row := shape[code]; row != nil {
				n = row[(i*5+i/7)%len(row)]
			}
			if at := now.Truncate(time.Hour).Add(-time.Duration(i) * time.Hour); n > 0 && at.Hour() > 2 {
				l.failures = append(l.failures, gateway.FailureCount{At: at, Code: code, Service: "housing-assistance", Count: n})
			}
		}
	}
}

func (l *fakeLedger) addVerdicts() {
	codes := []gateway.Code{reason.DigestMismatch, "", reason.RevocationUnknown, reason.CertificateExpired, gateway.CodeFormInvalid, "", reason.IINMismatch}
	for i := range 30 {
		v := sampleVerdict(fmt.Sprintf("06F%02dXYZ", i), codes[i%len(codes)])
		v.At = now.Add(-time.Duration(i*7) * time.Minute)
		if i%2 == 1 {
			v.Service, v.Via = "asp-certificate/zhambyl", gateway.ViaAsyncSOAP
		}
		l.list = append(l.list, v)
	}
}

// sampleVerdict is a verdict whose failing check names the code; an empty code passes.
func sampleVerdict(id string, code gateway.Code) gateway.Verdict {
	v := gateway.Verdict{ID: id, At: now, Kind: "application", Service: "housing-assistance", Provider: "kyzylzhar", Caller: "portal",
		Via: gateway.ViaREST, Outcome: reason.Passed, DocumentSHA: sampleSHA, CoveredSHA: strings.Repeat("ab01", 16),
		Signers: []gateway.SignerSummary{{Index: 1, Algorithm: "gost3410-2015-512", Covers: "document", Serial: "3c1a97f0e5b24d6698c3aa1f0e77d5b1c2f4a906",
			Issuer: "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (GOST) 2022", Roles: []string{"individual"}, KeyStore: "pkcs12",
			NotBefore: now.AddDate(0, -3, 0), NotAfter: now.AddDate(0, 9, 0)}},
		Evidence: []gateway.EvidenceRef{
			{Source: "ocsp", SHA256: sampleSHA, ThisUpdate: now.Add(-time.Minute), NextUpdate: now.Add(time.Hour), State: "good"},
			{Source: "crl", ThisUpdate: now.Add(-6 * time.Hour), NextUpdate: now.Add(18 * time.Hour), State: "good", Detail: "issuing CA by the root's list"}}}
	for _, name := range []string{reason.CheckXML, reason.CheckSignature, reason.CheckDigest, reason.CheckCoverage, reason.CheckAlgorithm,
		reason.CheckChain, reason.CheckValidity, reason.CheckPurpose, reason.CheckRevocation, reason.CheckIdentity} {
		signer := 1
		if name == reason.CheckXML || name == reason.CheckCoverage {
			signer = 0
		}
		v.Checks = append(v.Checks, reason.Pass(name, signer, ""))
	}
	v.Checks[3].Detail = "the root element is wholly covered"
	switch code {
	case "":
		v.Number = sampleNumber
	case reason.DigestMismatch:
		v.Checks[2] = reason.Fail(reason.CheckDigest, 1, code, "reference 1: the digest of the content differs")
		v.CoveredSHA = ""
	case reason.RevocationUnknown:
		v.Checks[8] = reason.Unknown(reason.CheckRevocation, 1, code, "no usable OCSP answer or CRL")
		v.Number, v.Evidence = sampleNumber, nil
	default:
		v.Checks[9] = reason.Fail(reason.CheckIdentity, 1, code, "the applicant's number is not the certificate's")
	}
	v.Outcome, v.Code = reason.Verdict(v.Checks)
	for _, c := range v.Checks {
		if c.Code == code {
			v.Detail = c.Detail
		}
	}
	return v
}

func (l *fakeLedger) addCase() {
	received := now.Add(-49 * time.Hour)
	l.cases[sampleNumber] = gateway.Case{Number: sampleNumber, Service: "housing-assistance", Provider: "kyzylzhar", Territory: "595220000",
		Rule: "the department of 595200000 Қызылжар ауданы, in which 595220000 lies; the registry has no department or akim of its own for it", State: gateway.StateInWork, IIN: sampleIIN, BIN: "001340000002", RequestNumber: "10109001292987",
		RequestDate: "2026-11-21T10:20:00+05:00", Channel: gateway.ChannelPortal, Via: gateway.ViaAsyncSOAP, Caller: "portal",
		ReceivedAt: received, DueAt: time.Date(2026, 12, 4, 18, 0, 0, 0, gateway.Almaty), UpdatedAt: now.Add(-3 * time.Hour),
		DocumentSHA: sampleSHA, CoveredSHA: strings.Repeat("ab01", 16), Attempt: 1,
		Lookups: []gateway.LookupMark{{Register: "gbdfl", State: gateway.LookupDiffers, Differences: []string{"birth_date"}, At: received},
			{Register: "zags", State: gateway.LookupUnconfirmed, Cause: gateway.LookupSilent, At: received}},
		Attachments: []gateway.Attachment{
			{Code: "income", Name: "Иванова-справка.pdf", SHA256: sampleSHA, Size: 1536, Type: "application/pdf", Covered: true, State: gateway.FileStored, Scan: gateway.ScanClean},
			{Name: "Иванова.png", SHA256: sampleSHA, State: gateway.FileRefused, Cause: "its content is text/html; the service takes pdf"}}}
	l.events[sampleNumber] = chained(
		gateway.Event{At: received, Kind: "parked", Actor: "portal", Data: map[string]string{"code": "revocation_unknown", "via": "soap-async", "document": sampleSHA}},
		gateway.Event{At: received.Add(4 * time.Minute), Kind: "accepted", Actor: "kopir", Data: map[string]string{"verdict": "06F02XYZ"}},
		gateway.Event{At: received.Add(time.Hour), Kind: "leased", Actor: "kyzylzhar-system", Data: map[string]string{"attempt": "1"}},
		gateway.Event{At: received.Add(61 * time.Minute), Kind: "acknowledged", Actor: "kyzylzhar-system"},
		gateway.Event{At: now.Add(-3 * time.Hour), Kind: "step", Actor: "kyzylzhar-system", Data: map[string]string{"step": "executor_named", "note": "ИИН " + sampleIIN + " проверен"}})
}

// chained gives events their sequence and hashes.
func chained(events ...gateway.Event) []gateway.Event {
	previous := ""
	for i := range events {
		events[i].Seq = i + 1
		events[i].Hash = gateway.ChainHash(previous, events[i])
		previous = events[i].Hash
	}
	return events
}

func newConsole(l Ledger, change ...func(*Config)) *Console {
	cfg := Config{Ledger: l, Auth: anyone{}, Codes: fakeCodes, Services: fakeServices, Provider: fakeProvider, Forecast: calm, Now: func() time.Time { return now }}
	for _, f := range change {
		f(&cfg)
	}
	return New(cfg)
}

// get asks for a page and demands the status.
func get(t *testing.T, h http.Handler, target string, status int, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != status {
		t.Fatalf("GET %s: status %d, want %d\n%s", target, w.Code, status, w.Body)
	}
	return w
}

func wantIn(t *testing.T, w *httptest.ResponseRecorder, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(w.Body.String(), p) {
			t.Errorf("the page lacks %q", p)
		}
	}
}

func wantNotIn(t *testing.T, w *httptest.ResponseRecorder, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if strings.Contains(w.Body.String(), p) {
			t.Errorf("the page holds %q", p)
		}
	}
}
