package xmlsig_test

import (
	"fmt"
	"maps"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"kopir/xmlsig"
	"kopir/xmlsig/c14n"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

const formHead = `<?xml version="1.0" encoding="UTF-8"?>
<application xmlns="http://example.kz/forms/application/v2" xmlns:f="http://example.kz/forms/common/v1" lang="kk" version="2.3">
  <service code="P-0412">Жер учаскесіне құқық беру туралы өтініш</service>
`

const formRow = `  <item id="row-%05d" status="жаңа">
    <familyName>Әбдірахманов</familyName>
    <givenName>Нұрсұлтан</givenName>
    <address kato="%09d" type="тіркелген">г. Алматы, Бостандыкский район, ул. Тимирязева, д. 42</address>
    <f:document f:kind="жеке куәлік" number="%09d"/>
    <comment>Осы өтінішпен келтірілген мәліметтердің дұрыстығын растаймын &amp; келісім беремін.</comment>
  </item>
`

// largeForm is where a form gets an attachment instead of rows: a million octets of rows nobody writes.
const largeForm = 200 << 10

// form is an application of about that many octets.
func form(size int) string {
	var b strings.Builder
	b.WriteString(formHead)
	if size > largeForm {
		b.WriteString("<f:attachment>" + strings.Repeat("JVBERi0xLjcKJeLjz9MK", (size-largeForm)/20) + "</f:attachment>\n")
	}
	for i := 0; b.Len() < size-len(formRow); i++ {
		fmt.Fprintf(&b, formRow, i, 100_000_000+i, 700_000_000-i)
	}
	return b.String() + "</application>"
}

var formSizes = []struct {
	name string
	size int
}{{"2KB", 2 << 10}, {"10KB", 10 << 10}, {"100KB", 100 << 10}, {"1MB", 1 << 20}}

// BenchmarkVerify verifies forms. "known": the certificate was met before; "chain": nothing is
// remembered, and a chain of leaf and anchor is built.
func BenchmarkVerify(b *testing.B) {
	for _, alg := range algorithms {
		p := authority(b, alg)
		for _, size := range formSizes {
			for method, name := range map[c14n.Method]string{c14n.C14N10: "inclusive", c14n.Exclusive: "exclusive"} {
				doc := []byte(sign(b, form(size.size), p.person, xmlsig.SignOptions{C14N: new(method)}))
				known := anchored(p)
				prefix := fmt.Sprintf("%s/%s/%s/", alg, size.name, name)
				b.Run(prefix+"known", func(b *testing.B) { benchmarkVerify(b, doc, func() *pki.Store { return known }) })
				b.Run(prefix+"chain", func(b *testing.B) { benchmarkVerify(b, doc, func() *pki.Store { return anchored(p) }) })
			}
		}
	}
}

// anchored trusts the issuing authority itself.
func anchored(p *party) *pki.Store {
	s := pki.NewStore()
	s.AddAnchor(p.ca.Issuing, pki.PurposeNational)
	return s
}

func benchmarkVerify(b *testing.B, doc []byte, trust func() *pki.Store) {
	var buf []byte
	b.ReportAllocs()
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		r := xmlsig.Verify(buf[:0], doc, xmlsig.Options{At: now, Trust: trust()})
		if outcome, code := r.Verdict(); outcome != reason.Passed {
			b.Fatal(outcome, code)
		}
		buf = r.Covered
	}
}

// BenchmarkLimits shows that time and memory grow with the document, whatever its shape: "µs/KB"
// stays, and "cold-MB" is all that a first verification allocates, which it cannot hold more than.
func BenchmarkLimits(b *testing.B) {
	p := authority(b, testpki.ECDSA)
	shapes := map[string]func(size int) string{
		"rows":       func(size int) string { return rows(size) },
		"attachment": func(size int) string { return `<r><a>` + strings.Repeat("JVBERi0x", size/8) + `</a></r>` },
		"deep":       deep,
		"wide": func(size int) string {
			return `<r><i n="0"/>` + strings.Repeat(`<i n="1" a="x" b="y" c="z"/>`, size/28) + `</r>`
		},
		"namespaces": func(size int) string {
			const one = `<p:i xmlns:p="urn:kz:one" xmlns:q="urn:kz:two" q:n="1"><q:j xmlns:q="urn:kz:three"/></p:i>`
			return `<r>` + strings.Repeat(one, size/len(one)) + `</r>`
		},
	}
	for _, name := range slices.Sorted(maps.Keys(shapes)) {
		for _, kb := range []int{10, 100, 1 << 10, 4 << 10, 16 << 10} {
			content := shapes[name](kb << 10)
			doc := []byte(sign(b, content, p.person, xmlsig.SignOptions{C14N: new(c14n.Exclusive)}))
			trust := anchored(p)
			b.Run(fmt.Sprintf("%s/%dKB", name, kb), func(b *testing.B) {
				cold := allocated(func() { xmlsig.Verify(nil, doc, xmlsig.Options{At: now, Trust: trust}) })
				benchmarkVerify(b, doc, func() *pki.Store { return trust })
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/1e3/float64(b.N)/(float64(len(doc))/1024), "µs/KB")
				b.ReportMetric(float64(cold)/(1<<20), "cold-MB")
			})
		}
	}
}

// allocated is what fn allocates when no memory of earlier verifications is left to use again.
func allocated(fn func()) uint64 {
	runtime.GC()
	runtime.GC() // the second empties what a sync.Pool has saved from the first
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	fn()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// rows is a form without an attachment.
func rows(size int) string {
	const row = `<row n="1"><name>Нұрсұлтан</name><text>Осы өтінішпен келісім беремін: мекенжайы Астана қ., Мәңгілік Ел</text></row>`
	return `<r>` + strings.Repeat(row, size/len(row)) + `</r>`
}

// deep nests as far as the limit lets in, again and again.
func deep(size int) string {
	const levels = 120
	one := strings.Repeat("<d>", levels) + strings.Repeat("мәтін ", 150) + strings.Repeat("</d>", levels)
	return `<r>` + strings.Repeat(one, max(1, size/len(one))) + `</r>`
}
